/// A small generator with a seed: every trial can be run again.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A delay (ns) with a heavy tail: `least` plus a Pareto part with the shape 1.2, 2 s at most.
    mutating func delay(least: Double, scale: Double) -> Double {
        let u = Double.random(in: 0.000_001..<1, using: &self)
        var power = 1 / u
        // u^(-1/1.2) without libm: three square roots are close enough to a tail index of 1.14.
        power = power.squareRoot() * power.squareRoot().squareRoot() * power.squareRoot().squareRoot().squareRoot()
        return min(least + scale * (power - 1), 2e9)
    }
}
