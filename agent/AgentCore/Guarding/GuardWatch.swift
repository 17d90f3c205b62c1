import Guarding
import Logging
import NIOCore

/// Looks once a second whether the agent's guard is there, and says so when it was not.
struct GuardWatch {
    let guardian: GuardProcess
    /// A successor of the agent dismisses its guards.
    let journal: StateJournal?
    let log: Logger

    /// - Parameter loop: where it looks; starting another guard takes some milliseconds.
    func start(on loop: any EventLoop) -> RepeatedTask {
        loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in look() }
    }

    private func look() {
        switch guardian.check() {
        case .none: break
        case .replaced:
            log.warning("the guard of this agent had ended: another one was started")
            if let pid = guardian.pid { journal?.write(.guardedBy(UInt32(bitPattern: pid))) }
        case .missing(let errno):
            log.error(
                "this agent has no guard: if it is killed, what it has made in the kernel stays until an agent starts",
                metadata: ["errno": "\(errno)"])
        }
    }
}
