/// A guess at a clock's slope from all of its samples. It moves the estimate inside of the bound, and never the bound.
///
/// What is certain of a slope is as wide as two bounds over the time between them: 40 ms of round trip in 10 s leave
/// 4000 ppm, though round trips that differ by microseconds say much more. So the middles of the narrowest samples of 32
/// stretches are taken for points of a line, and the median of the slopes between any two of them for its slope (Theil
/// and Sen): a few slow probes do not move it.
struct GuessedSlope {
    /// Slope less 1, in units of 2^-60.
    let slope: Int64
    /// How far it may be off, in the same units: what half of the points are off the line, over a quarter of its length.
    let doubt: Int64

    static let stretches = 32

    /// - Parameter samples: in ascending agent time. Nil for too few of them.
    init?(_ samples: [ClockSample]) {
        guard let head = samples.first, let tail = samples.last, samples.count >= 6 else { return nil }
        let length = max((tail.agent &- head.agent) / Int64(Self.stretches), 1)
        var best: [(stretch: Int64, sample: ClockSample)] = []
        for sample in samples where sample.lower != .min && sample.upper != .max {
            let stretch = (sample.agent &- head.agent) / length
            guard let last = best.last, last.stretch == stretch else {
                best.append((stretch, sample))
                continue
            }
            if sample.width < last.sample.width { best[best.count - 1].sample = sample }
        }
        guard best.count >= 4, let first = best.first?.sample else { return nil }
        let points = best.map { _, sample in
            (x: Double(sample.agent &- first.agent), y: Double(sample.gain) - Double(first.gain))
        }
        var slopes: [Double] = []
        for (index, one) in points.enumerated() {
            for other in points[(index + 1)...] { slopes.append((other.y - one.y) / (other.x - one.x)) }
        }
        let slope = Self.median(slopes)
        let offset = Self.median(points.map { $0.y - slope * $0.x })
        let residual = Self.median(points.map { abs($0.y - slope * $0.x - offset) })
        let run = points[points.count - 1].x
        guard run > 0, abs(slope) < 0.5 else { return nil }
        let unit = Double(1 << 60 as Int64)
        self.slope = Int64(slope * unit)
        doubt = Int64(min(4 * residual / run, 0.25) * unit)
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted[sorted.count / 2]
    }
}

extension ClockSample {
    fileprivate var width: Int64 { upper &- lower }
    /// The middle's controller time less its agent time, ns.
    fileprivate var gain: Int64 { (lower &- agent) / 2 &+ (upper &- agent) / 2 }
}
