/// How much of something may come: so much at once, and so much again each second.
public struct Rate: Hashable, Sendable {
    /// At least 1.
    public let perSecond: Int
    /// At least 1.
    public let burst: Int

    public init(perSecond: Int, burst: Int) {
        self.perSecond = max(1, perSecond)
        self.burst = max(1, burst)
    }
}

extension Rate: CustomStringConvertible {
    public var description: String { "\(perSecond) a second, \(burst) at once" }
}
