/// What the kernel says was lost on this CPU before a sub-buffer's first record.
@frozen
public enum MissedEvents: Sendable, Equatable {
    /// Nothing was lost.
    case none
    /// Events were lost, and the kernel had no room on the page (or no knowledge) to say how many.
    case unknown
    /// This many events were lost.
    case count(UInt64)
}
