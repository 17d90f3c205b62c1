/// A further assumption about a node's clock, which gives a narrower bound: how far its rate strays from the mean rate
/// of a window. An oscillator may be off by 100 ppm, but it changes by well under 1 ppm within minutes.
///
/// The mean rate of a window lies in a range that its probes prove. *Assumed* is that the rate at every moment of the
/// window lies within `allowance` of that mean. Where the probes refute this, the allowance grows until they do not.
public struct ClockWander: Sendable, Hashable {
    /// How far the rate may be from its mean, in parts per billion.
    public let partsPerBillion: Int64
    /// Agent time (ns) that is mapped with one mean. The window around it reaches as far again on both sides.
    public let block: Int64

    /// 1 ppm, and windows of a quarter of an hour.
    public static let standard = ClockWander(checked: 1000)

    /// The widest allowance that may be stated: 500 ppm, which the rate range allows anyway.
    public static let widestPartsPerBillion: Int64 = 500_000

    /// - Parameter block: ns, 1 s or more.
    /// - Returns: `nil` for an allowance outside 0 ... `widestPartsPerBillion`, or a block that is too short.
    public init?(partsPerBillion: Int64, block: Int64 = ClockWander.standard.block) {
        guard (0...Self.widestPartsPerBillion).contains(partsPerBillion), block >= 1_000_000_000,
            block <= ClockLimits.agentTime
        else { return nil }
        self.init(checked: partsPerBillion, block: block)
    }

    private init(checked partsPerBillion: Int64, block: Int64 = 300_000_000_000) {
        self.partsPerBillion = partsPerBillion
        self.block = block
    }

    /// How far the rate strays within some time: in proportion to it, all of the allowance within a block, and a sixteenth
    /// at least. Temperature changes it, and takes its time for that.
    ///
    /// - Parameters:
    ///   - allowance: any measure of a rate.
    ///   - time: agent time, ns, 0 or more.
    func share(of allowance: Int64, over time: Int64) -> Int64 {
        let part = max(min(time, block), block / 16)
        return Int64(-floorDivide(-(Int128(allowance) * Int128(part)), Int128(block)))
    }

    /// The allowance as a slope in units of 2^-60, rounded up. A rate of 1 + x has a slope of 1/(1+x), so slopes differ
    /// by less than 1.0011 times as much within ±500 ppm.
    var slope: Int64 { Int64((Int128(partsPerBillion) << 60) / 998_900_000) + 1 }
}
