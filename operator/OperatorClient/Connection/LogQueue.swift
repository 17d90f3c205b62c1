import NIOConcurrencyHelpers
import TraceProtocol

/// What an attached session sends, on its way from the connection's event loop to the thread that consumes it. It
/// outlives a connection that breaks: the next one fills the same queue.
public final class LogQueue: Sendable {
    public enum Item: Sendable {
        case chunk(LogChunk)
        /// The totals of a count, and the size of their frame's body.
        case counts(WireCountReport, bytes: Int)
        /// The connection is lost and another one is being opened: nothing comes until `resumed`. For people.
        case suspended(String)
        /// What comes now follows on what came before. For people.
        case resumed(String)
        /// Everything was sent. `problem` is empty, or says why the controller's session is not whole.
        case end(problem: String)
        /// The connection ended before the session did, no other takes its place, and why.
        case disconnected(String)
    }

    private struct State {
        var items: [Item] = []
        var bytes = 0
        var isFull = false
        var onRoom: (@Sendable () -> Void)?
        /// By node: bytes of the log that have been put in.
        var read: [UInt32: UInt64] = [:]
    }

    /// 0: the queue is empty; 1: it is not.
    private let condition = ConditionLock(value: 0)
    private let state: NIOLockedValueBox<State> = .init(State())

    /// The connection stops reading when more than this is queued; bytes.
    static let highWatermark = 16 << 20

    public init() {}

    /// Adds an item.
    ///
    /// - Parameter onRoom: called once when a full queue has been emptied.
    /// - Returns: false when the queue is full: the connection should not read until `onRoom` is called.
    @discardableResult
    func put(_ item: Item, onRoom: (@Sendable () -> Void)? = nil) -> Bool {
        condition.lock()
        let isFull = state.withLockedValue { state in
            state.items.append(item)
            switch item {
            case .chunk(let chunk):
                state.bytes += chunk.records.readableBytes
                if !chunk.isAhead { state.read[chunk.node, default: 0] += UInt64(chunk.records.readableBytes) }
            case .counts(_, let bytes): state.bytes += bytes
            case .suspended, .resumed, .end, .disconnected: break
            }
            if state.bytes > Self.highWatermark {
                state.isFull = true
                if let onRoom { state.onRoom = onRoom }
            }
            return state.isFull
        }
        condition.unlock(withValue: 1)
        return !isFull
    }

    /// Bytes of log records that have come, of each of so many nodes.
    func read(nodes: Int) -> [UInt64] {
        state.withLockedValue { state in (0..<nodes).map { state.read[UInt32($0)] ?? 0 } }
    }

    /// Whether the connection has stopped reading.
    var isFull: Bool { state.withLockedValue { $0.isFull } }

    /// Removes everything that is queued, after waiting at most `patience` for a first item.
    public func removeAll(waiting patience: Duration) -> [Item] {
        guard condition.lock(whenValue: 1, timeoutSeconds: patience / .seconds(1)) else { return [] }
        let (items, resume) = state.withLockedValue { state in
            let items = state.items
            state.items = []
            state.bytes = 0
            let resume = state.isFull ? state.onRoom : nil
            state.isFull = false
            state.onRoom = nil
            return (items, resume)
        }
        condition.unlock(withValue: 0)
        resume?()
        return items
    }
}
