import AgentCore
import CLinux
import Glibc
import Guarding
import Logging

/// Where the program begins: what has to happen before there is a second thread, then the command.
@main
enum AgentProgram {
    /// An asynchronous `main` would end the first thread by pthread_exit(3). That unwinds its stack, and the tables that
    /// unwinding needs are not in the release program (`scripts/build-release`).
    static func main() {
        if GuardLoop.isThisProcess { guardAnAgent() }
        // The threads allocate a few times a second; nodes have better uses for memory. This comes first, because a
        // thread that has allocated already has a heap and keeps it.
        linux_keep_heap_small()
        // Detached: nobody serves the main actor.
        Task.detached {
            await AgentCommand.main()
            exit(EXIT_SUCCESS)
        }
        while true { pause() }
    }

    private static func guardAnAgent() -> Never {
        let kept = KeptInstances()
        GuardLoop.run(keep: kept.keep) { instances in
            kept.release(instances)
            let log = Logger(label: "fleetrace-guard") { StreamLogHandler.standardError(label: $0) }
            do {
                try KernelCleanup(log: log).remove(instances: instances)
            } catch {
                log.error("what a dead agent has left in the kernel stays there", metadata: ["reason": "\(error)"])
            }
        }
    }
}
