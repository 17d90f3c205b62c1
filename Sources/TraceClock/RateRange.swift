/// The range in which a node's clock rate is assumed to lie, as the slope of controller time over agent time.
///
/// An agent clock whose rate against the controller's is within 1 - rho ... 1 + rho has a slope within
/// `s0 = 1/(1+rho)` ... `s1 = 1/(1-rho)`. Each slope is kept as its distance from 1 in units of 2^-60,
/// `s0` rounded down and `s1` rounded up, so every elapsed time computed from it is rounded outward: over one
/// hour the two roundings together cost less than 1 ns for the factor and less than 1 ns for the result.
@frozen
public struct RateRange: Sendable, Hashable {
    /// `s0 - 1` in units of 2^-60, rounded down.
    @usableFromInline let leastSlope: Int64
    /// `s1 - 1` in units of 2^-60, rounded up.
    @usableFromInline let greatestSlope: Int64

    /// The widest deviation that a range may state: 100,000 ppm (10 %).
    public static let widestPartsPerBillion: Int64 = 100_000_000

    /// ±500 ppm: what holds for any oscillator that a kernel accepts as a clock source, until it is measured.
    public static let standard = RateRange(checkedSlowest: -500_000, fastest: 500_000)

    init(leastSlope: Int64, greatestSlope: Int64) {
        self.leastSlope = leastSlope
        self.greatestSlope = greatestSlope
    }

    /// An agent whose rate against the controller's clock lies within 1 - `partsPerMillion` ... 1 + `partsPerMillion`.
    ///
    /// `nil` when the value is negative or above 100,000.
    public init?(partsPerMillion: Int) {
        guard partsPerMillion >= 0, partsPerMillion <= 100_000 else { return nil }
        self.init(checkedSlowest: -Int64(partsPerMillion) * 1000, fastest: Int64(partsPerMillion) * 1000)
    }

    /// An agent whose rate, less 1, lies within the two given deviations (parts per billion, signed).
    ///
    /// `nil` when they are in the wrong order or one is beyond `widestPartsPerBillion`.
    public init?(slowestPartsPerBillion slowest: Int64, fastestPartsPerBillion fastest: Int64) {
        let limit = Self.widestPartsPerBillion
        guard slowest <= fastest, slowest >= -limit, fastest <= limit else { return nil }
        self.init(checkedSlowest: slowest, fastest: fastest)
    }

    /// Deviations in parts per billion, already within ±`widestPartsPerBillion`.
    private init(checkedSlowest slowest: Int64, fastest: Int64) {
        let billion: Int128 = 1_000_000_000
        let unit = Int128(1) << 60
        // 1/(1+x) - 1 = -x/(1+x); the fast clock gives the small slope.
        self.leastSlope = Int64(floorDivide(-Int128(fastest) * unit, billion + Int128(fastest)))
        self.greatestSlope = Int64(-floorDivide(Int128(slowest) * unit, billion + Int128(slowest)))
    }

    /// The least controller time (ns) in which the agent's clock can advance by `agentElapsed`
    /// (0 ... `ClockLimits.agentTime`): `s0 * d`, rounded down.
    @inlinable
    public func leastElapsed(over agentElapsed: Int64) -> Int64 {
        let product = agentElapsed.multipliedFullWidth(by: leastSlope)
        return agentElapsed &+ (product.high << 4 | Int64(bitPattern: UInt64(product.low) >> 60))
    }

    /// The greatest controller time (ns) in which the agent's clock can advance by `agentElapsed`
    /// (0 ... `ClockLimits.agentTime`): `s1 * d`, rounded up.
    @inlinable
    public func greatestElapsed(over agentElapsed: Int64) -> Int64 {
        let product = agentElapsed.multipliedFullWidth(by: greatestSlope)
        let whole = product.high << 4 | Int64(bitPattern: UInt64(product.low) >> 60)
        return agentElapsed &+ whole &+ (product.low & ((1 << 60) - 1) != 0 ? 1 : 0)
    }

    /// The greatest advance of the agent's clock (ns) within `controllerElapsed` (0 or more), rounded up;
    /// 2^62 at most.
    func greatestAgentAdvance(within controllerElapsed: Int64) -> Int64 {
        let divisor = (Int128(1) << 60) + Int128(leastSlope)
        return min(Int64(clamping: -floorDivide(-(Int128(controllerElapsed) << 60), divisor)), 1 << 62)
    }

    /// The narrowest range that holds both.
    func covering(_ other: RateRange) -> RateRange {
        RateRange(
            leastSlope: min(leastSlope, other.leastSlope), greatestSlope: max(greatestSlope, other.greatestSlope))
    }

    /// `slope` (units of 2^-60) brought into this range.
    func clamp(slope: Int64) -> Int64 { min(max(slope, leastSlope), greatestSlope) }

    /// The deviations of the agent's rate from the controller's, in parts per million, for display.
    public var agentPartsPerMillion: ClosedRange<Double> {
        let unit = Double(sign: .plus, exponent: 60, significand: 1)
        let fast = 1 / (1 + Double(leastSlope) / unit) - 1
        let slow = 1 / (1 + Double(greatestSlope) / unit) - 1
        return min(slow, fast) * 1e6...max(slow, fast) * 1e6
    }
}

/// `dividend / divisor` rounded towards minus infinity, for a positive divisor.
func floorDivide(_ dividend: Int128, _ divisor: Int128) -> Int128 {
    let (quotient, remainder) = dividend.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}
