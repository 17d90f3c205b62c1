import Glibc
import Synchronization
import SystemFacts
import Tracefs

/// A thread that calls getppid(2) continuously until it is stopped.
final class SystemCallWriter: Sendable {
    private final class Shared: Sendable {
        let thread = Atomic<Int32>(0)
        let isStopped = Atomic<Bool>(false)
    }

    private let shared: Shared
    private let runner: TestThread

    /// Returns when the thread runs.
    init(cpu: Int?) {
        let shared = Shared()
        self.shared = shared
        runner = TestThread {
            if let cpu { try? CPUAffinity.pinCurrentThread(to: cpu) }
            shared.thread.store(TaskList.currentThread(), ordering: .releasing)
            while !shared.isStopped.load(ordering: .relaxed) { callGetppid(times: 100) }
        }
        while thread == 0 { sched_yield() }
    }

    var thread: Int32 { shared.thread.load(ordering: .acquiring) }

    func stop() {
        guard !shared.isStopped.exchange(true, ordering: .relaxed) else { return }
        runner.join()
    }
}
