import ArgumentParser

/// A command to run meanwhile.
struct CommandOptions: ParsableArguments {
    @Flag(
        help: """
            Only events of the command behind -- and of what it starts, from its first instruction on. Every node must be \
            this machine.
            """)
    var follow = false

    @Flag(help: "When the session ends before the command, leave that running; otherwise it is told to end.")
    var leaveRunning = false

    @Argument(parsing: .postTerminator, help: "A command to run meanwhile; the session ends when it does.")
    var words: [String] = []

    func validate() throws {
        if words.isEmpty, follow || leaveRunning {
            throw ValidationError("--\(follow ? "follow" : "leave-running") is about a command: write it behind --")
        }
    }
}
