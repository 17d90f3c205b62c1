import NIOConcurrencyHelpers
import TraceProtocol

/// What an attached session sends, on its way from the connection's event loop to the thread that reads it.
public final class LogQueue: Sendable {
    public enum Item: Sendable {
        case chunk(LogChunk)
        /// What a count has counted, and how many bytes that is.
        case counts(WireCountReport, bytes: Int)
        /// Everything has come; the problem, if the controller had one.
        case end(problem: String)
        /// The connection is gone before the end.
        case disconnected(String)
    }

    private struct State {
        var items: [Item] = []
        var bytes = 0
        var isFull = false
        var onRoom: (@Sendable () -> Void)?
    }

    /// 0: nothing there; 1: items wait.
    private let condition = ConditionLock(value: 0)
    private let state: NIOLockedValueBox<State> = .init(State())

    /// Bytes at which the connection stops to read.
    private static let high = 16 << 20

    public init() {}

    /// Adds an item.
    ///
    /// - Returns: false when the reader is behind and the connection should not read on until `onRoom` is called.
    func put(_ item: Item, onRoom: @escaping @Sendable () -> Void) -> Bool {
        condition.lock()
        let isFull = state.withLockedValue { state in
            state.items.append(item)
            switch item {
            case .chunk(let chunk): state.bytes += chunk.records.readableBytes
            case .counts(_, let bytes): state.bytes += bytes
            case .end, .disconnected: break
            }
            if state.bytes > Self.high {
                state.isFull = true
                state.onRoom = onRoom
            }
            return state.isFull
        }
        condition.unlock(withValue: 1)
        return !isFull
    }

    /// Everything that has come, after waiting for something at most this long.
    public func take(waiting seconds: Double) -> [Item] {
        guard condition.lock(whenValue: 1, timeoutSeconds: seconds) else { return [] }
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
