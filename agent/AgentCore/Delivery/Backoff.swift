/// How long to wait before the next attempt to connect: doubling, with full jitter, so that a thousand agents
/// do not come back in the same instant (Brooker, "Exponential Backoff And Jitter", 2015).
public struct Backoff: Sendable {
    public static let shortest: Int64 = 250
    public static let longest: Int64 = 15_000

    private var ceiling = shortest

    public init() {}

    /// Milliseconds to wait now, between half of and the whole present ceiling, which then doubles.
    public mutating func next(using generator: inout some RandomNumberGenerator) -> Int64 {
        defer { ceiling = min(ceiling * 2, Backoff.longest) }
        return Int64.random(in: ceiling / 2...ceiling, using: &generator)
    }

    /// A connection was accepted: the next failure starts from the beginning.
    public mutating func reset() {
        ceiling = Backoff.shortest
    }
}
