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

extension MissedEvents {
    /// Takes in what a further page says, when no event stands between the two.
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
