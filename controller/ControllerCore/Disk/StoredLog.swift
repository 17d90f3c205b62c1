import SessionStore
import TraceProtocol

/// One node's log in a session's files: what is appended to it, and what may have to be appended again. Confined to the
/// storage's thread.
final class StoredLog {
    private var writer: NodeLogWriter
    private let keep: Bool
    /// Nothing more is written.
    private(set) var isEnded = false
    /// Why it cannot be written at present; nil while it can.
    private(set) var pause: (any Error)?
    /// Bytes of numbered frames that wait, to be granted again.
    private(set) var bytes = 0
    /// Something of it is written and not yet synchronized.
    private(set) var isWritten = false
    /// It is in a list of logs with something to write.
    var isDue = false
    /// Readers may read up to here.
    private(set) var position = LogPosition.start
    /// The last numbered frame that was appended.
    private var last: UInt64
    /// The last one that is settled.
    private var settled: UInt64
    /// What only this process knows, as long as it is not settled. Nodes send their frames again; nobody sends these.
    private var unsettled = UnsettledRecords()

    init(_ writer: consuming NodeLogWriter, keep: Bool) {
        last = writer.sequence
        settled = writer.sequence
        position = writer.position
        self.writer = consume writer
        self.keep = keep
    }

    var pendingBytes: Int { writer.pendingBytes }
    /// Bytes on disk while it grows; 0 for one that has ended.
    var growingBytes: Int { isEnded ? 0 : writer.writtenBytes }

    /// - Parameter sequence: 0 for a frame without a number.
    func append(_ record: LogRecord, sequence: UInt64) {
        // Frames that cannot be written are dropped, but their bytes have been spent.
        if sequence > 0 { bytes += record.frame.body.readableBytes }
        guard !isEnded else { return }
        if sequence == 0 { unsettled.add(record, isPaused: pause != nil, areFramesSettled: last == settled) }
        guard pause == nil else { return }
        if sequence > 0 {
            // What was on its way when the log went back comes again, in its order.
            guard sequence == last + 1 else { return }
            last = sequence
        }
        writer.append(record)
    }

    /// Nothing more is appended.
    func end() {
        isEnded = true
    }

    /// Bytes of frames that will not be stored, to be granted again.
    func surrender() -> Int {
        defer { bytes = 0 }
        return bytes
    }

    // MARK: Writing

    /// Everything that was appended is written, and synchronized if the session is kept and `isSync`.
    ///
    /// - Returns: what became settled: the number of the last frame and bytes to be granted again; nil when nothing did.
    /// - Throws: then the log has gone back to what is settled, and is paused.
    func write(isSync: Bool) throws(StoreError) -> (sequence: UInt64, bytes: Int)? {
        guard !isEnded, pause == nil else { return nil }
        do throws(StoreError) {
            try writer.flush()
            isWritten = true
            if keep {
                guard isSync else { return nil }
                try writer.synchronize()
            } else {
                writer.settle()
            }
        } catch {
            hold(error)
            throw error
        }
        return settle()
    }

    private func settle() -> (sequence: UInt64, bytes: Int) {
        isWritten = false
        position = writer.position
        settled = writer.sequence
        unsettled.removeAll()
        return (writer.sequence, surrender())
    }

    /// Goes back to what is settled, and writes nothing for the time being.
    func hold(_ error: any Error) {
        guard !isEnded, pause == nil else { return }
        pause = error
        isWritten = false
        writer.rewind()
        last = writer.sequence
    }

    /// Tries whether the log can be written again.
    ///
    /// - Returns: the number of the last frame that it has; nil while it cannot be written.
    func retry() -> UInt64? {
        guard pause != nil, !isEnded else { return nil }
        for record in unsettled.records { writer.append(record) }
        do throws(StoreError) {
            try writer.flush()
            // A disk that takes bytes and loses them is found here, whatever the session asks for.
            try writer.synchronize()
        } catch {
            writer.rewind()
            pause = error
            return nil
        }
        pause = nil
        return settle().sequence
    }

    /// Closes the log's last segment: the session has ended.
    func finish() throws {
        if let pause, !isEnded { throw pause }
        try writer.finish()
        if keep { try writer.synchronize() }
    }
}
