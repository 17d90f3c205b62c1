/// How long to wait before the next attempt to connect: doubling, with jitter, so that a thousand peers do not come back
/// in the same instant (Brooker, "Exponential Backoff And Jitter", 2015).
public struct Backoff: Sendable {
    private let shortest: Duration
    private let longest: Duration
    private var ceiling: Duration

    /// - Parameters:
    ///   - shortest: the first ceiling.
    ///   - longest: the last one.
    public init(shortest: Duration, longest: Duration) {
        self.shortest = shortest
        self.longest = longest
        ceiling = shortest
    }

    /// How long to wait now, between half of and the whole present ceiling, which then doubles.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { ceiling = min(ceiling * 2, longest) }
        return ceiling * Double.random(in: 0.5...1, using: &generator)
    }

    /// A connection was accepted: the next failure starts from the beginning.
    public mutating func reset() {
        ceiling = shortest
    }
}
