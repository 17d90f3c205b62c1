import ArgumentParser
import Glibc
import Guarding
import TraceProtocol

/// `fleetrace`: the operator's command. Each verb has a file in Verbs/.
@main
struct Fleetrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleetrace",
        abstract: "Traces the kernels of many Linux hosts as if they were one machine.",
        discussion: """
            Try it on this machine alone, with two agents and no set-up:
              fleetrace trace --local 2 -e sched:sched_process_exec --for 5s
            """,
        version: Negotiation.software,
        subcommands: [
            TraceCommand.self, StatCommand.self, ProfileCommand.self, TopCommand.self, RecordCommand.self,
            ReportCommand.self, ExportCommand.self, ClockCommand.self, VerifyCommand.self, ListCommand.self,
            ProbeCommand.self, NodesCommand.self, NodeCommand.self, SessionsCommand.self, AttachCommand.self,
            StopCommand.self, FetchCommand.self,
            ControllerProgramCommand.self, AuthorityCommand.self,
        ])

    static func main() async {
        if GuardLoop.isThisProcess { GuardLoop.run { ScratchFolder.remove($0) } }
        atexit(flushOutput)
        await main(nil)
    }
}

/// What the argument parser prints (help, the version) goes through stdio, which keeps errors to itself. The process may
/// end on any thread.
private func flushOutput() {
    guard fflush(nil) != 0 else { return }
    say("error: cannot write the output: \(String(cString: strerror(errno)))")
    _exit(1)
}
