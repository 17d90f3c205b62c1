import Quotas
import Synchronization

/// The memory that the connections of one listener share for what their peers have not read. Safe from any thread.
///
/// A peer may leave as much unread as is still free (`SharedPool`), besides the limit of its own connection. So many
/// peers that do not read get little each, and one that reads always has room.
public final class UnreadPool: Sendable {
    private let pool: Mutex<SharedPool>

    /// - Parameter capacity: bytes.
    public init(capacity: Int) { pool = Mutex(SharedPool(capacity: capacity)) }

    /// Bytes that wait for all peers now.
    public var used: Int { pool.withLock { $0.used } }

    /// Whether one may hold so much.
    ///
    /// - Parameter share: what it holds now.
    func allows(holding bytes: Int, having share: Int) -> Bool {
        pool.withLock { $0.allows(holding: bytes, having: share) }
    }

    func change(by bytes: Int) { pool.withLock { $0.change(by: bytes) } }
}
