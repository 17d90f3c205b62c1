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

    /// Adds the times that the clock has not frozen, up to `last` (ns). The clock maps each of them by itself, along a
    /// line that may bend where it meets a limit; so the line is halved until its pieces are straight.
    mutating func extend(to last: Int64, _ clock: LiveClock) {
        let begin = points.last?.time ?? last - 1
        guard last > begin, clock.map(last).quality != .unknown else { return }
        let start = Self.point(begin, clock)
        if points.isEmpty { append(start) }
        halve(from: start, to: Self.point(last, clock), depth: 0, clock)
    }

    /// Pieces that are halved whatever their middle says, and pieces that are halved no further.
    private static let (leastHalvings, mostHalvings) = (3, 24)

    /// Adds the points after `from`, up to `to`.
    private mutating func halve(from: Point, to: Point, depth: Int, _ clock: LiveClock) {
        let middle = Self.point(from.time + (to.time - from.time) / 2, clock)
        let straight = from.offset + (to.offset - from.offset) / 2
        let isStraight = depth >= Self.leastHalvings && abs(middle.offset - straight) <= 1
        guard middle.time > from.time, depth < Self.mostHalvings, !isStraight else { return append(to) }
        halve(from: from, to: middle, depth: depth + 1, clock)
        halve(from: middle, to: to, depth: depth + 1, clock)
    }

    private static func point(_ time: Int64, _ clock: LiveClock) -> Point {
        Point(time: time, offset: clock.map(time).estimate &- time)
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
