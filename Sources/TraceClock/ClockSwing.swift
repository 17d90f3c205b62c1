/// How a clock moved against a straight line, as its probes show it.
///
/// When a clock moves, both sides of its bound move the same way. When a path is slow, they move apart. So what both
/// sides moved, less what each stretch is wider than the narrowest one, was the clock. A constant difference between the
/// two ways hides nothing of that. This is a measurement, not a proof: two ways that change at once in opposite
/// directions look like a clock.
struct ClockSwing: Sendable {
    private let stretches: [QuietStretch]
    /// By how much each stretch is wider than the narrowest, and the usual width more, ns.
    private let excess: [Double]

    /// Distances, in stretches, over which movements are looked for: 1, 2, 4, ... 64.
    private static let scales = (0...6).map { 1 << $0 }

    init(_ stretches: [QuietStretch]) {
        self.stretches = stretches
        let widths = stretches.map(\.width).sorted()
        let least = widths.first ?? 0
        // The narrowest of all was lucky, by about as much as others usually are not.
        let usual = widths.isEmpty ? 0 : (widths[widths.count / 2] - least) / 2
        excess = stretches.map { $0.width - least + usual }
    }

    /// The least wander (slope, units of 2^-60) that fits: how far the rate is from its mean somewhere.
    var wander: Int64 {
        var greatest = 0.0
        for scale in Self.scales {
            for middle in stretches.indices.dropFirst(scale).dropLast(scale) {
                let (i, k, j) = (stretches[middle - scale], stretches[middle], stretches[middle + scale])
                let (before, after) = (Double(k.center &- i.center), Double(j.center &- k.center))
                let share = before / (before + after)
                let noise = excess[middle] + excess[middle - scale] * (1 - share) + excess[middle + scale] * share
                let moved = Self.common(
                    k.low - i.low * (1 - share) - j.low * share, k.high - i.high * (1 - share) - j.high * share)
                greatest = max(greatest, (abs(moved) - noise) / (2 * before * (1 - share)))
            }
        }
        return Int64(min(greatest, 1) * Double(1 << 60 as Int64))
    }

    /// Where the clock left the rate range: agent times (ns).
    func departures(from rate: RateRange) -> [ClosedRange<Int64>] {
        var spans: [ClosedRange<Int64>] = []
        for scale in Self.scales {
            // What shows in a short time explains what shows in a long one around it, unless it goes on.
            let shorter = spans
            for last in stretches.indices.dropFirst(scale) {
                let span = stretches[last - scale].center...stretches[last].center
                if movement(last - scale, last).leaves(rate),
                    isSustained(last - scale, last, rate) || !shorter.contains(where: span.overlaps)
                {
                    spans.append(span)
                }
            }
        }
        return spans
    }

    /// The slopes (less 1) outside of the rate range that the clock kept to for a while; nil when it did not.
    func slopes(outside rate: RateRange) -> ClosedRange<Double>? {
        var all: [Double] = []
        for scale in Self.scales where scale >= 4 {
            for last in stretches.indices.dropFirst(scale)
            where movement(last - scale, last).leaves(rate) && isSustained(last - scale, last, rate) {
                all.append(movement(last - scale, last - scale / 2).slope)
                all.append(movement(last - scale / 2, last).slope)
            }
        }
        guard let least = all.min(), let greatest = all.max() else { return nil }
        return least...greatest
    }

    /// Whether the clock is out of the range in the newest stretches, and the slopes (less 1) that it keeps to there.
    func newestDeparture(from rate: RateRange) -> (isOut: Bool, slopes: ClosedRange<Double>?) {
        guard let last = stretches.indices.last else { return (false, nil) }
        var isOut = false
        var slopes: [Double] = []
        for scale in Self.scales where scale <= last && movement(last - scale, last).leaves(rate) {
            // A step is passed after two stretches.
            let goesOn = isSustained(last - scale, last, rate)
            isOut = isOut || scale <= 2 || goesOn
            guard scale >= 4, goesOn else { continue }
            slopes.append(movement(last - scale, last - scale / 2).slope)
            slopes.append(movement(last - scale / 2, last).slope)
        }
        return (isOut, slopes.min().map { $0...(slopes.max() ?? $0) })
    }

    /// Whether both halves of a time show it: a step is in one only.
    private func isSustained(_ first: Int, _ last: Int, _ rate: RateRange) -> Bool {
        guard last - first >= 2 else { return false }
        let middle = (first + last) / 2
        let (before, after) = (movement(first, middle).slope, movement(middle, last).slope)
        return min(before, after) > rate.slopes.upperBound || max(before, after) < rate.slopes.lowerBound
    }

    private func movement(_ first: Int, _ last: Int) -> Movement {
        let (i, j) = (stretches[first], stretches[last])
        return Movement(
            distance: Self.common(j.low - i.low, j.high - i.high), noise: excess[first] + excess[last],
            run: Double(j.center &- i.center))
    }

    /// What the clock gained in `run` of the agent's time, ns.
    private struct Movement {
        let distance: Double
        let noise: Double
        let run: Double

        var slope: Double { distance / run }

        func leaves(_ rate: RateRange) -> Bool {
            distance - noise > rate.slopes.upperBound * run || distance + noise < rate.slopes.lowerBound * run
        }
    }

    /// What two movements have in common.
    private static func common(_ a: Double, _ b: Double) -> Double {
        a > 0 && b > 0 ? min(a, b) : a < 0 && b < 0 ? max(a, b) : 0
    }
}
