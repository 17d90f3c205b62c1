import ArgumentParser

/// Which nodes, by which controller.
struct NodeOptions: ParsableArguments {
    @Option(
        help:
            "Nodes: all, a name or pattern, or label=value. Conditions joined by commas must all hold. May be repeated."
    )
    var on: [String] = []

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("No controller: run one here, with N agents of this machine.", valueName: "n"))
    var local: Int?

    func validate() throws {
        if let local, !(1...64).contains(local) { throw ValidationError("--local: 1 to 64 agents") }
    }

    var access: ControllerAccess { local.map { .local(agents: $0) } ?? connection.access }
}
