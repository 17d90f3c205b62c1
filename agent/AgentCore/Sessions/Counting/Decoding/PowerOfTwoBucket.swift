/// Powers of two, as counts.proto numbers them: n > 0 holds 2^(n-1) < value <= 2^n, 0 the value 1, -1 the value 0, -2
/// what is less.
enum PowerOfTwoBucket {
    static func of(_ value: UInt64) -> Int64 {
        value == 0 ? -1 : Int64(64 &- (value &- 1).leadingZeroBitCount)
    }

    static func of(_ value: Int64) -> Int64 {
        value < 0 ? -2 : of(UInt64(value))
    }
}
