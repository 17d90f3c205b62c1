import ArgumentParser

/// Who sees a session while it runs.
struct PrivacyOption: ParsableArguments {
    @Flag(
        name: .customLong("private"),
        help: "Only you and admins see this session in sessions, attach, stop and node. Without it all operators do.")
    var isPrivate = false
}
