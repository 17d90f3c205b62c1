/// How long to wait before the next attempt to connect: doubling, with full jitter, so that a thousand agents
/// do not come back in the same instant (Brooker, "Exponential Backoff And Jitter", 2015).
public struct Backoff: Sendable {
    public static let shortest = Duration.milliseconds(250)
    public static let longest = Duration.seconds(15)

    private var ceiling = shortest

    public init() {}

    /// How long to wait now, between half of and the whole present ceiling, which then doubles.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        defer { ceiling = min(ceiling * 2, Backoff.longest) }
        return ceiling * Double.random(in: 0.5...1, using: &generator)
    }

    /// A connection was accepted: the next failure starts from the beginning.
    public mutating func reset() {
        ceiling = Backoff.shortest
    }
}
