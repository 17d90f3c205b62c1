/// What is wrong with a sub-buffer, and where.
@frozen
public struct SubBufferError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of damage. All sizes are in bytes.
    @frozen
    public enum Reason: Sendable, Equatable {
        /// Fewer bytes are left than a page header needs.
        case headerTruncated(available: Int)
        /// The commit word claims more data than a page of this layout can hold.
        case commitExceedsPage(commit: Int, room: Int)
        /// The commit word claims more data than was given: the page is cut off.
        case commitExceedsRegion(commit: Int, available: Int)
        /// A record header, or the length word that follows it, reaches beyond the committed data.
        case recordHeaderTruncated
        /// A record's length word is too small or not a multiple of 4.
        case recordLength(UInt32)
        /// A record reaches beyond the committed data.
        case recordExceedsCommit(length: Int)
    }

    /// Bytes from the start of the page (`SubBuffer`, `RecordCursor`) or region (`SubBufferSequence`).
    public var offset: Int
    /// What was found there.
    public var reason: Reason

    /// An error at `offset`.
    @inlinable
    public init(offset: Int, reason: Reason) {
        self.offset = offset
        self.reason = reason
    }

    /// One line for the person who reads the log.
    public var description: String {
        let what =
            switch reason {
            case .headerTruncated(let available): "page header cut off after \(available) bytes"
            case .commitExceedsPage(let commit, let room): "commit of \(commit) bytes in a page with room for \(room)"
            case .commitExceedsRegion(let commit, let available):
                "page cut off: commit of \(commit) bytes, \(available) available"
            case .recordHeaderTruncated: "record header reaches beyond the committed data"
            case .recordLength(let length): "record with an invalid length word \(length)"
            case .recordExceedsCommit(let length): "record of \(length) bytes reaches beyond the committed data"
            }
        return "malformed sub-buffer at offset \(offset): \(what)"
    }
}
