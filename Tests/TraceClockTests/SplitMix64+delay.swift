import TestSupport

extension SplitMix64 {
    /// A delay (ns) with a heavy tail: `least` plus a Pareto part with the shape 1.2, 2 s at most.
    mutating func delay(least: Double, scale: Double) -> Double {
        let u = Double.random(in: 0.000_001..<1, using: &self)
        var power = 1 / u
        // u^(-1/1.2) without libm: three square roots are close enough to a tail index of 1.14.
        power = power.squareRoot() * power.squareRoot().squareRoot() * power.squareRoot().squareRoot().squareRoot()
        return min(least + scale * (power - 1), 2e9)
    }
}
