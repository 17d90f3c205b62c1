/// Sums of fields need more than 64 bits: those of addresses do.
extension WireCountNumber {
    /// A number as it travels.
    public init(_ number: Int128) {
        self.init()
        (high, low) = (Int64(truncatingIfNeeded: number >> 64), UInt64(truncatingIfNeeded: number))
    }

    /// The number.
    public var number: Int128 { Int128(high) << 64 | Int128(low) }
}
