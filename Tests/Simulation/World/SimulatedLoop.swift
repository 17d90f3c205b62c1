import Dispatch
import NIOCore
import TestSupport

/// An event loop, or another thread, of a simulated process. Its tasks run in order, each a moment after the one before.
final class SimulatedLoop: EventLoop, @unchecked Sendable {
    let process: SimulatedProcess
    private var generator: SplitMix64
    /// When the last task that was given to it runs.
    private(set) var tail: Int64 = 0

    /// A task may wait this long, ns, for the thread to be scheduled.
    private static let longestWait = 30

    init(_ process: SimulatedProcess, _ index: Int) {
        self.process = process
        generator = process.world.generator("loop", index)
    }

    var world: World { process.world }
    var inEventLoop: Bool { world.running === self }
    var now: NIODeadline { .uptimeNanoseconds(UInt64(world.now)) }

    func execute(_ task: @escaping @Sendable () -> Void) { perform(task) }

    /// Runs something as a task of this loop.
    func perform(_ task: @escaping () -> Void) {
        tail = max(tail, world.now + Int64(generator.below(Self.longestWait)) * .microsecond)
        enter(at: tail, evenWhenDead: true, task)
    }

    /// Runs something as a task of this loop at a time, if the process is alive then.
    func perform(at time: Int64, _ task: @escaping () -> Void) { enter(at: time, evenWhenDead: false, task) }

    private func enter(at time: Int64, evenWhenDead: Bool, _ task: @escaping () -> Void) {
        world.schedule(at: time, in: process, evenWhenDead: evenWhenDead) { [self] in
            guard process.step() || evenWhenDead else { return }
            world.running = self
            task()
            world.running = nil
        }
    }

    func submit<T>(_ task: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        let promise = makePromise(of: T.self)
        perform { Self.complete(promise, task) }
        return promise.futureResult
    }

    func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        let promise = makePromise(of: T.self)
        let ticket = TimerTicket()
        enter(at: Int64(deadline.uptimeNanoseconds), evenWhenDead: true) { [process] in
            guard !ticket.isCancelled else { return }
            if process.isAlive { Self.complete(promise, task) } else { promise.fail(EventLoopError.shutdown) }
        }
        return Scheduled(promise: promise) { ticket.isCancelled = true }
    }

    func scheduleTask<T>(in delay: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
        scheduleTask(deadline: now + delay, task)
    }

    private static func complete<T>(_ promise: EventLoopPromise<T>, _ task: () throws -> T) {
        do {
            promise.assumeIsolated().succeed(try task())
        } catch {
            promise.fail(error)
        }
    }

    func preconditionInEventLoop(file: StaticString, line: UInt) {
        precondition(inEventLoop, "not on its event loop", file: file, line: line)
    }

    func preconditionNotInEventLoop(file: StaticString, line: UInt) {
        precondition(!inEventLoop, "on its event loop", file: file, line: line)
    }

    // A loop ends with its process.
    func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {}
}

/// Whether a timer still counts.
private final class TimerTicket: @unchecked Sendable {
    var isCancelled = false
}

extension SimulatedLoop {
    /// Does something as if in a task, for what outlives the process.
    func borrow(_ body: () -> Void) {
        let before = world.running
        world.running = self
        body()
        world.running = before
    }
}

extension SimulatedLoop {
    /// The task that runs now keeps the thread for so long: a disk is slow. What follows on this loop waits.
    func hold(for time: Int64) { tail = max(tail, world.now) + time }
}
