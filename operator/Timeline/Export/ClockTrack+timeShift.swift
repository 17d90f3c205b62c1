import TraceClock
import TraceDat

extension ClockTrack {
    /// Adds what the clock has frozen since the last call.
    mutating func follow(_ clock: LiveClock) {
        guard let through = clock.frozenThrough, through > points.last?.time ?? -1 else { return }
        let segment = clock.segment(containing: through)
        // The segment does not begin at the last point: at the start, and after a break.
        if segment.first - 1 != points.last?.time { append(at: segment.first, segment.estimate(segment.first)) }
        append(at: through, segment.estimate(through))
    }

    /// Adds one time that the clock has not frozen.
    mutating func append(at time: Int64, _ estimate: Int64) {
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
