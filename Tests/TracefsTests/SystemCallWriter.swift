import Glibc
import Synchronization
import Tracefs

/// A thread that calls getppid(2) without pause until it is stopped.
final class SystemCallWriter: Sendable {
    private final class Shared: Sendable {
        let cpu: Int?
        let thread = Atomic<Int32>(0)
        let isStopped = Atomic<Bool>(false)
        init(cpu: Int?) { self.cpu = cpu }
    }

    private let shared: Shared
    private let handle: pthread_t

    /// Returns once the thread runs.
    init(cpu: Int?) {
        let shared = Shared(cpu: cpu)
        self.shared = shared
        var handle = pthread_t()
        let argument = Unmanaged.passRetained(shared).toOpaque()
        pthread_create(
            &handle, nil,
            { argument in
                guard let argument else { return nil }
                let shared = Unmanaged<Shared>.fromOpaque(argument).takeRetainedValue()
                if let cpu = shared.cpu { try? CPUAffinity.pinCurrentThread(to: cpu) }
                shared.thread.store(TaskList.currentThread(), ordering: .releasing)
                while !shared.isStopped.load(ordering: .relaxed) { callGetppid(times: 100) }
                return nil
            }, argument)
        self.handle = handle
        while thread == 0 { sched_yield() }
    }

    var thread: Int32 { shared.thread.load(ordering: .acquiring) }

    func stop() {
        guard !shared.isStopped.exchange(true, ordering: .relaxed) else { return }
        pthread_join(handle, nil)
    }
}
