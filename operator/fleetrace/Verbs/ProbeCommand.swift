import ArgumentParser
import FleetView
import OperatorClient
import TraceProtocol

struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Check whether probes would work, on which nodes, and how they are planted.",
        discussion: """
            Every node plants the probes for a moment, with recording off, and removes them again. Nodes with the same \
            result share a row. The exit status is 1 if a node refuses, unless --partial is given.

            PLANTED is what the kernel states: ftrace (through the call at the function's entry: no instruction is \
            replaced), optimized (by a jump), breakpoint, or uprobe (a breakpoint in the program).

            Examples:
              fleetrace probe 'p:myprobe do_filp_open dfd=%di:s32 pathname=+0(+0(%si)):string' --on role=web
              fleetrace probe kretprobe:vfs_read 'uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:malloc size=%di:u64'
              fleetrace probe --local 1 'uprobe:/usr/bin/bash:readline'
            """)

    @Argument(help: "Probes, each as one argument, as -p of 'trace' takes them.")
    var probes: [String]

    @OptionGroup var nodes: NodeOptions

    @Flag(help: "Exit with 0 although some nodes refuse.")
    var partial = false

    func validate() throws {
        try ProbeSyntax.check(probes)
    }

    func run() async throws {
        try await nodes.access.withClient { client in
            let table = ProbeTable(try await client.checkProbes(probes, on: nodes.on), probes: probes)
            try put(table.lines)
            guard !table.refusals.isEmpty else { return }
            if !partial || table.refusals.count == table.nodes { throw ExitCode.failure }
        }
    }
}
