import NIOCore
import SessionStore
import TraceProtocol

/// Where tracing sessions are kept: one log for each node of a session, which is written at one end and read at any
/// number of positions.
///
/// All calls come from the controller's loop and are carried out in their order, later and elsewhere if that blocks.
/// Sessions are named by their ids, nodes by their index in the session's description.
protocol SessionStorage: AnyObject, Sendable {
    /// Who hears of what was stored. Once, before anything else.
    func report(to receiver: StorageReceiver)

    /// Makes room for a session.
    func open(_ description: WireSessionDescription) -> EventLoopFuture<Void>

    /// Writes how each log begins.
    ///
    /// - Parameters:
    ///   - joined: a record for all logs.
    ///   - samples: what is known of each node's clock, by node.
    func begin(_ session: UInt64, _ joined: LogRecord, samples: [[ClockSampleFrame]])

    /// Adds a record to a node's log.
    ///
    /// - Parameter sequence: the frame's sequence number; 0 for a frame without.
    func append(_ record: LogRecord, session: UInt64, node: Int, sequence: UInt64)

    /// Ends the time in which small logs may wait in memory: the session has started or is being stopped.
    func release(_ session: UInt64)

    /// Opens the logs of a session for one operator: of one that is open here, or of one that has been closed and kept.
    ///
    /// - Parameter read: bytes of log records, by node, that the operator has; none of nodes beyond it. A `WireRefusal`
    ///   is the reply where a log does not have so many.
    func reader(of session: UInt64, behind read: [UInt64]) -> EventLoopFuture<OpenedLogs>

    /// Writes everything that was appended, and makes it as durable as its sessions ask for.
    func settle() -> EventLoopFuture<Void>

    /// Stores the final description, behind everything that was appended. The session stays readable until `close`.
    func finish(_ description: WireSessionDescription) -> EventLoopFuture<Void>

    /// Forgets the session, and removes what is stored of it unless it is to be kept.
    func close(_ session: UInt64, keep: Bool) -> EventLoopFuture<Void>

    /// Adds to what the next controller process will know of a session. It completes when this process may be killed.
    func note(_ entries: [WireJournalEntry], of session: UInt64) -> EventLoopFuture<Void>

    /// Before anything else: what earlier processes left. Those that go on are open from now on.
    ///
    /// - Parameter bootID: of this machine.
    func found(bootID: String) -> EventLoopFuture<FoundSessions>

    /// Removes a session that is not open.
    func remove(_ session: UInt64) -> EventLoopFuture<Void>
}

/// What earlier controller processes left in storage.
struct FoundSessions: Sendable {
    /// They have ended.
    var stored: [WireSessionDescription] = []
    /// They go on.
    var recovered: [RecoveredSession] = []
}

/// A session's logs, opened for one operator.
struct OpenedLogs: Sendable {
    var reader: any SessionStorageReader
    /// By node, where the first read begins.
    var starts: [LogPosition]
    /// By node, where the log ended when it was opened.
    var ends: [LogPosition]
}

/// One operator's reading of a session's logs.
protocol SessionStorageReader: Sendable {
    /// Reads on in a node's log, where the last read of that log ended.
    ///
    /// - Parameters:
    ///   - end: the log's end as last reported (`StorageProgress.position`).
    ///   - size: bytes; a longer record is read whole all the same.
    func read(node: Int, upTo end: LogPosition, size: Int) -> EventLoopFuture<StoredPiece>

    func close()
}

/// What one read gave.
enum StoredPiece: Sendable {
    /// Whole records, and where the next ones begin.
    case records(ByteBuffer, next: LogPosition)
    case nothing(LogPosition)
}

/// What became readable or durable of one node's log.
struct StorageProgress: Sendable {
    var session: UInt64
    var node: Int
    /// The node's name.
    var name: String
    /// Readers may read up to here.
    var position: LogPosition
    /// Numbered frames up to this sequence number may be acknowledged; 0 for none.
    var sequence: UInt64
    /// Bytes of numbered frames that wait no longer, to be granted again.
    var bytes: Int
}

/// Hears what was stored, on any thread.
struct StorageReceiver: Sendable {
    var progress: @Sendable ([StorageProgress]) -> Void
    /// A node's log has ended, because it takes too much. What was written before stays readable.
    var ended: @Sendable (_ session: UInt64, _ node: Int, DiskQuotaExceeded) -> Void
    /// A node's log cannot be written at present. It has gone back to the last frame that may be acknowledged, and is tried
    /// again every second.
    var paused: @Sendable (_ session: UInt64, _ node: Int, any Error) -> Void
    /// It is written again. The frames after this sequence number are to be appended again.
    var resumed: @Sendable (_ session: UInt64, _ node: Int, _ sequence: UInt64) -> Void
}
