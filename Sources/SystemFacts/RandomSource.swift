/// Where a process gets the numbers from that nobody else may have: the system's generator, or a test's seed.
public struct RandomSource: Sendable {
    private let generate: @Sendable () -> UInt64

    public init(_ generate: @escaping @Sendable () -> UInt64) {
        self.generate = generate
    }

    public static let system = RandomSource { .random(in: .min ... .max) }

    /// The next 64 bits.
    public func next() -> UInt64 { generate() }
}
