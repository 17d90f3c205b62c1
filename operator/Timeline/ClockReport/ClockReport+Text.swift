import TraceClock

/// For people: a line of numbers for each node, a picture of each quantity over time, and a table.
extension ClockReport {
    /// Rows of a node's table.
    private static let rows = 12
    /// Columns of a picture.
    private static let columns = 60

    var textLines: [String] {
        var lines = dateText.map { ["# " + $0] } ?? []
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
        ] + course.curves.map(Self.picture) + table(course)
            + course.breaks.prefix(Self.mostBreaks).map { found in
                let from = found.from.map { "from \(time($0)) " } ?? ""
                return "  BREAK \(from)" + (found.to.map { "until \(time($0))" } ?? "on") + ": \(found.reason)"
            } + (breaks > Self.mostBreaks ? ["  and \(breaks - Self.mostBreaks) more breaks"] : [])
    }

    private static let mostBreaks = 20

    /// A row of bars between the least and the greatest value; `?` where there is none.
    private static func picture(_ curve: ClockCurve) -> String {
        let bars = Array("▁▂▃▄▅▆▇█")
        let (title, values) = (curve.title, curve.values)
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
        return name + String(row) + "  \(curve.text(least)) ... \(curve.text(greatest))"
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

extension String {
    fileprivate var trimmingBlanks: String { String(reversed().drop { $0 == " " }.reversed()) }
}
