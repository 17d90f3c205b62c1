import NIOCore
import Synchronization

/// The threads that make and remove sessions.
final class Makers: Sendable {
    private let threads: [ControlThread]
    /// For each thread, what has been given to it and is not done.
    private let loads: Mutex<[Int]>

    init(_ threads: [ControlThread]) {
        self.threads = threads
        loads = Mutex(Array(repeating: 0, count: threads.count))
    }

    /// Runs work on the thread with the least to do.
    ///
    /// - Parameter isShared: it changes what is global to the kernel. Such work is done one by one, in order.
    func run<T: Sendable>(isShared: Bool, _ work: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        let index = loads.withLock { loads in
            let index = isShared ? 0 : loads.indices.min { loads[$0] < loads[$1] } ?? 0
            loads[index] += 1
            return index
        }
        let done = threads[index].run(work)
        done.whenComplete { [self] _ in loads.withLock { $0[index] -= 1 } }
        return done
    }

    /// Succeeds when everything is done that was given to them before.
    func settled(on loop: any EventLoop) -> EventLoopFuture<Void> {
        .andAllComplete(threads.map { $0.run {} }, on: loop)
    }
}

/// A session on its way between two threads, of which only one uses it at a time.
struct Handover: @unchecked Sendable {
    // Unchecked: whoever makes one does not use the session any longer.
    let session: any NodeSession
    /// See `WirePrepare.changesSharedState`.
    let isShared: Bool
}
