import TraceClock

/// For people: a line of numbers for each node, a picture of each quantity over time, and a table.
extension ClockReport {
    /// Rows of a node's table.
    private static let rows = 12
    /// Columns of a picture.
    private static let columns = 60

    var textLines: [String] {
        var lines: [String] = []
        if let first = courses.lazy.compactMap({ $0.points.first?.at }).first, let epochOffset {
            lines.append("# " + DateLine.text(first &+ epochOffset, isUTC: times.isUTC))
        }
        for course in courses {
            if !lines.isEmpty { lines.append("") }
            lines += self.lines(of: course)
        }
        return lines
    }

    private func lines(of course: ClockCourse) -> [String] {
        guard !course.points.isEmpty else { return ["\(course.node): no clock probe was answered"] }
        let breaks = course.breaks.count
        let drift = course.drift.map { ", drift \(ClockText.drift($0))" } ?? ""
        return [
            "\(course.node): \(course.probes) probes; bound \(ClockText.bound(course.bound(share: 0.5))) (median), "
                + "\(ClockText.bound(course.bound(share: 0.99))) (p99); half of the least round trip "
                + "\(ClockText.span(course.floor ?? 0))\(drift); \(breaks == 1 ? "1 break" : "\(breaks) breaks")"
        ] + pictures(course) + table(course)
            + course.breaks.prefix(Self.mostBreaks).map { found in
                let from = found.from.map { "from \(time($0)) " } ?? ""
                return "  BREAK \(from)" + (found.to.map { "until \(time($0))" } ?? "on") + ": \(found.reason)"
            } + (breaks > Self.mostBreaks ? ["  and \(breaks - Self.mostBreaks) more breaks"] : [])
    }

    private static let mostBreaks = 20

    private func pictures(_ course: ClockCourse) -> [String] {
        let level = course.levelOffsets
        return [
            picture("bound", course.points.map(\.bound)) { "±" + ClockText.span($0) },
            picture("offset less drift", level.map { $0 }) { ClockText.signed($0) },
            picture("drift", course.points.map { $0.drift?.estimate }) { ClockText.rate($0) },
            picture("round trip", course.points.map(\.roundTrip)) { ClockText.span($0) },
        ]
    }

    /// A row of bars between the least and the greatest value; `?` where there is none.
    private func picture(_ title: String, _ values: [Int64?], _ text: (Int64) -> String) -> String {
        let bars = Array("▁▂▃▄▅▆▇█")
        let known = values.compactMap { $0 }
        let name = "  " + title + String(repeating: " ", count: max(0, 18 - title.count))
        guard let least = known.min(), let greatest = known.max() else { return name + "unknown" }
        let columns = min(Self.columns, values.count)
        let row = (0..<columns).map { column -> Character in
            let range = column * values.count / columns..<(column + 1) * values.count / columns
            // The worst one of a column is what counts.
            guard let value = values[range].compactMap({ $0 }).max(by: { $0.magnitude < $1.magnitude }) else {
                return "?"
            }
            let span = Double(greatest) - Double(least)
            return span > 0 ? bars[min(7, Int((Double(value) - Double(least)) / span * 8))] : bars[0]
        }
        return name + String(row) + "  \(text(least)) ... \(text(greatest))"
    }

    private func table(_ course: ClockCourse) -> [String] {
        let count = min(Self.rows, course.points.count)
        let chosen = (0..<count).map { course.points[count > 1 ? $0 * (course.points.count - 1) / (count - 1) : 0] }
        let rows =
            [["TIME", "BOUND", "OFFSET", "DRIFT", "ROUND TRIP"]]
            + chosen.map { point in
                [
                    time(point.at), ClockText.bound(point.bound) + (point.quality == .bounded ? "" : "?"),
                    ClockText.signed(point.offset), point.drift.map(ClockText.drift) ?? "-",
                    ClockText.span(point.roundTrip),
                ]
            }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let line = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count + 2) }.joined()
            return "  " + line.trimmingBlanks
        }
    }
}

extension ClockCourse {
    /// The offsets less the straight line from the first to the last: what a steady drift does not explain.
    var levelOffsets: [Int64] {
        guard let first = points.first, let last = points.last, last.at > first.at else { return points.map { _ in 0 } }
        let slope = (Double(last.offset) - Double(first.offset)) / (Double(last.at) - Double(first.at))
        return points.map { point in
            let line = Double(first.offset) + slope * (Double(point.at) - Double(first.at))
            return Int64((Double(point.offset) - line).clamped)
        }
    }
}

extension Double {
    fileprivate var clamped: Double { Swift.min(Swift.max(self, -9e18), 9e18) }
}

extension String {
    fileprivate var trimmingBlanks: String { String(reversed().drop { $0 == " " }.reversed()) }
}

/// Spans of ns and rates, for people.
enum ClockText {
    /// `850ns`, `12.3us`, `4.5ms`, `3.2s`, rounded up as bounds are.
    static func span(_ nanoseconds: Int64) -> String {
        let units: [(name: String, size: UInt64)] = [("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000)]
        let size = nanoseconds.magnitude
        guard size >= 1000 else { return "\(size)ns" }
        let unit = units.first { size < $0.size * 1000 } ?? units[2]
        let tenths = size / (unit.size / 10) + (size % (unit.size / 10) == 0 ? 0 : 1)
        return "\(tenths / 10).\(tenths % 10)\(unit.name)"
    }

    static func signed(_ nanoseconds: Int64) -> String { (nanoseconds < 0 ? "-" : "+") + span(nanoseconds) }

    static func bound(_ nanoseconds: Int64?) -> String { "±" + (nanoseconds.map(span) ?? "unknown") }

    /// `-2.703 ±38.100 ppm`
    static func drift(_ drift: ClockCourse.Drift) -> String {
        (drift.estimate < 0 ? "-" : "+") + perMillion(drift.estimate)
            + (drift.bound.map { " ±" + perMillion($0) } ?? "")
            + " ppm"
    }

    static func rate(_ partsPerBillion: Int64) -> String {
        (partsPerBillion < 0 ? "-" : "+") + perMillion(partsPerBillion) + " ppm"
    }

    private static func perMillion(_ partsPerBillion: Int64) -> String {
        "\(partsPerBillion.magnitude / 1000)." + String(partsPerBillion.magnitude % 1000 + 1000).dropFirst()
    }
}
