/// Bounds from pairs of samples, one on each side of a moment: what a clock with a steady rate can have shown there.
///
/// Let every rate between the two lie within `w` of some slope b, which need not be known. From a sample (i, Ui) before
/// the moment a and one (j, Uj) after it, with the distances di and dj:
///
///     f(a) <= Ui + (b + w) di        f(a) <= Uj - (b - w) dj
///
/// The mean of the two, weighted with dj and di, does not depend on b:
///
///     f(a) <= (Ui dj + Uj di + 2 w di dj) / (di + dj)
///
/// and so for the lower side. Each pair is a true statement, so any search for a good one will do. `w` is the less, the
/// nearer the two are to each other (`ClockWander.share`).
struct ChordBound: Sendable {
    private let stretches: [QuietStretch]
    private let origin: ClockSample
    /// The wander within some time (ns), as a slope in units of 2^-60.
    private let share: @Sendable (Int64) -> Int64
    /// Where the slope b is looked for.
    private let slopes: ClosedRange<Double>

    /// Stretches on each side that are looked at.
    static let reach = 32

    init(
        _ stretches: [QuietStretch], origin: ClockSample, near rate: RateRange,
        share: @escaping @Sendable (Int64) -> Int64
    ) {
        self.stretches = stretches
        self.origin = origin
        self.share = share
        slopes = rate.slopes
    }

    /// A sample in each stretch that has others on both sides.
    var samples: [ClockSample] {
        stretches.indices.dropFirst().dropLast().map { index in
            let time = stretches[index].center
            let near = stretches[max(index - Self.reach, 0)..<min(index + Self.reach + 1, stretches.count)]
            return ClockSample(agent: time, lower: -least(at: time, near, -1), upper: least(at: time, near, 1))
        }
    }

    /// The least upper side at `time` (`sign` 1), or the negative of the greatest lower one (`sign` -1).
    private func least(at time: Int64, _ near: ArraySlice<QuietStretch>, _ sign: Double) -> Int64 {
        var before: [Candidate] = []
        var after: [Candidate] = []
        for stretch in near {
            let sample = sign > 0 ? stretch.upper : stretch.lower
            let value = sign > 0 ? sample.upper : sample.lower
            let distance = abs(sample.agent &- time)
            // As with a partner that is as far away.
            let sag = Double(share(2 &* distance)) / Double(1 << 60 as Int64)
            let candidate = Candidate(
                sample: sample, distance: Double(distance),
                height: sign * QuietStretch.offset(value, sample.agent, origin) + sag * Double(distance))
            if sample.agent <= time { before.append(candidate) }
            if sample.agent >= time { after.append(candidate) }
        }
        // The slope at which the best of both sides meet. The higher it is, the higher is what comes from before.
        var (low, high) =
            sign > 0
            ? (slopes.lowerBound, slopes.upperBound) : (-slopes.upperBound, -slopes.lowerBound)
        for _ in 0..<20 {
            let slope = (low + high) / 2
            if Candidate.least(before, slope).height > Candidate.least(after, -slope).height {
                high = slope
            } else {
                low = slope
            }
        }
        guard let left = Candidate.least(before, low).sample,
            let right = Candidate.least(after, -low).sample
        else { return .max }
        return sign > 0
            ? chord(time, (left.agent, left.upper), (right.agent, right.upper))
            : chord(time, (left.agent, 0 &- left.lower), (right.agent, 0 &- right.lower))
    }

    private struct Candidate {
        let sample: ClockSample
        let distance: Double
        let height: Double

        static func least(_ all: [Candidate], _ slope: Double) -> (sample: ClockSample?, height: Double) {
            var best: (sample: ClockSample?, height: Double) = (nil, .infinity)
            for candidate in all {
                let height = candidate.height + slope * candidate.distance
                if height < best.height { best = (candidate.sample, height) }
            }
            return best
        }
    }

    /// The chord with the wander's share, rounded up. Times below 2^62 and distances below 2^61 keep it in 128 bits.
    private func chord(_ time: Int64, _ left: (agent: Int64, value: Int64), _ right: (agent: Int64, value: Int64))
        -> Int64
    {
        let (before, after) = (Int128(time) - Int128(left.agent), Int128(right.agent) - Int128(time))
        let run = before + after
        guard run > 0 else { return min(left.value, right.value) }
        let straight = -floorDivide(-(Int128(left.value) * after + Int128(right.value) * before), run)
        let sag = -floorDivide(-(2 * before * after), run)
        let wander = Int128(share(right.agent &- left.agent))
        return Int64(clamping: straight - floorDivide(-(sag * wander), Int128(1) << 60))
    }
}
