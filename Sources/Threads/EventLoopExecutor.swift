import NIOCore

/// Runs an actor on an event loop: channel handlers of that loop call it directly (`assumeIsolated`), and the compiler
/// checks that nobody else does.
public final class EventLoopExecutor: SerialExecutor {
    public let loop: any EventLoop

    public init(_ loop: any EventLoop) {
        self.loop = loop
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    public func checkIsolated() {
        loop.preconditionInEventLoop()
    }
}
