import TraceClock
import TraceDat

extension ClockTrack {
    /// Adds the clock's path from the first reading up to `last` (ns): its bends, with straight lines between them.
    mutating func follow(_ clock: RefinedClock, through last: Int64) {
        var time: Int64 = 0
        while time <= last {
            let segment = clock.segment(containing: time)
            guard segment.contains(time), segment.map(time).quality != .unknown else { return }
            // The segment does not go on from the last one: at the start, and after a break.
            append(at: time, segment.estimate(time))
            let end = min(segment.last, last)
            append(at: end, segment.estimate(end))
            guard end < .max else { return }
            time = end + 1
        }
    }

    /// Adds one time with its estimate.
    private mutating func append(at time: Int64, _ estimate: Int64) {
        append(Point(time: time, offset: estimate &- time))
    }

    /// The track as samples between which libtracecmd interpolates (`timestamp_correction_calc` of
    /// lib/trace-cmd/trace-input.c).
    var samples: [TraceDatTimeShift.Sample] {
        var samples: [TraceDatTimeShift.Sample] = []
        var before: Point?
        for point in points {
            if let before, Self.overflows(before, point) {
                // The interpolation multiplies in 64 bits. A step this large becomes vertical, just before its end.
                samples.append(TraceDatTimeShift.Sample(time: UInt64(point.time - 1), offset: before.offset))
            }
            samples.append(TraceDatTimeShift.Sample(time: UInt64(point.time), offset: point.offset))
            before = point
        }
        return samples
    }

    private static func overflows(_ from: Point, _ to: Point) -> Bool {
        let rise = to.offset.subtractingReportingOverflow(from.offset)
        return rise.overflow || (to.time - from.time).multipliedReportingOverflow(by: rise.partialValue).overflow
    }
}
