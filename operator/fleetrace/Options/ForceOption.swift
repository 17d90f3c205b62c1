import ArgumentParser

/// Probes that are refused for a reason that a person may overrule.
struct ForceOption: ParsableArguments {
    @Flag(
        name: .customLong("force"),
        help: "Plant probes that are known to end programs: those at returns from functions of Go programs.")
    var isForced = false
}
