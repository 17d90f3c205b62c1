/// What was lost on this CPU before a sub-buffer's first record, as the kernel reports it.
@frozen
public enum MissedEvents: Sendable, Equatable {
    /// Nothing was lost.
    case none
    /// Events were lost. The kernel did not know how many, or had no room on the page for the number.
    case unknown
    /// This many events were lost.
    case count(UInt64)
}

extension MissedEvents {
    /// Adds what the next page reports, if there is no event between the two.
    @inlinable
    public mutating func add(_ further: MissedEvents) {
        switch (self, further) {
        case (_, .none): return
        case (.none, _): self = further
        case (.count(let one), .count(let two)): self = .count(one &+ two)
        default: self = .unknown
        }
    }
}
