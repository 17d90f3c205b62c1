/// Where a record is in the segments of a session's spool.
struct SpoolLocation: Sendable, Hashable {
    /// Number of the segment, from 1.
    var segment: Int
    /// Where the record begins, bytes.
    var offset: Int
    /// Of the whole record, bytes.
    var length: Int
}
