/// The events of one sub-buffer.
@frozen
public struct RecordCount: Sendable, Equatable {
    /// Whole events.
    public var events = 0
    /// Time of the last of them, in ns of the trace clock; `nil` without an event.
    public var lastTimestamp: UInt64?
    /// The malformed record that ended the count before the page's end.
    public var error: SubBufferError?

    @inlinable
    init() {}
}
