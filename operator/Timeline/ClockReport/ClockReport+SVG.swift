import SafeText
import TraceClock

/// A picture: for each node four curves over its time, with its breaks.
extension ClockReport {
    private static let (width, height, margin) = (960.0, 90.0, 150.0)

    var svgLines: [String] {
        let nodeHeight = 40 + Double(ClockCurve.Quantity.allCases.count) * (Self.height + 14)
        let total = nodeHeight * Double(courses.count) + 40
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(Self.width + 2 * Self.margin))\" "
                + "height=\"\(Int(total))\" font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        ]
        if let dateText { lines.append(Self.label(Self.margin, 20, dateText)) }
        for (index, course) in courses.enumerated() { lines += svg(course, top: 40 + Double(index) * nodeHeight) }
        return lines + ["</svg>"]
    }

    private func svg(_ course: ClockCourse, top: Double) -> [String] {
        guard let first = course.points.first, let last = course.points.last else {
            return [Self.label(Self.margin, top + 14, "\(course.node): no clock probe was answered")]
        }
        let axis = Axis(first: first.at, last: max(last.at, first.at + 1))
        var lines = [
            Self.label(
                Self.margin, top + 14,
                "\(course.node): \(course.probes) probes, \(time(first.at)) to \(time(last.at))", isBold: true)
        ]
        for (index, curve) in course.curves.enumerated() {
            let y = top + 26 + Double(index) * (Self.height + 14)
            lines += Self.lines(of: curve, at: course.points.map(\.at), axis, y)
            for found in course.breaks { lines += Self.mark(found, axis, y) }
        }
        return lines
    }

    private struct Axis {
        let first: Int64
        let last: Int64

        func x(_ time: Int64) -> Double {
            let share = (Double(time) - Double(first)) / (Double(last) - Double(first))
            return ClockReport.margin + min(max(share, 0), 1) * ClockReport.width
        }
    }

    private static func lines(
        of curve: ClockCurve, at times: [Int64], _ axis: Axis, _ top: Double
    ) -> [String] {
        let known = curve.values.compactMap { $0 }
        var lines = [
            "<rect x=\"\(margin)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\" fill=\"none\" stroke=\"#ccc\"/>",
            label(8, top + 14, curve.title),
        ]
        guard let least = known.min(), let greatest = known.max() else {
            return lines + [label(margin, top + 14, "unknown")]
        }
        let span = max(Double(greatest) - Double(least), 1)
        lines.append(label(margin + width + 6, top + 12, curve.text(greatest)))
        lines.append(label(margin + width + 6, top + height, curve.text(least)))
        // A point without a value ends the line.
        for part in Array(zip(times, curve.values)).split(whereSeparator: { $0.1 == nil }) {
            let path = part.map { point in
                let y = top + height - (Double(point.1 ?? least) - Double(least)) / span * height
                return "\(rounded(axis.x(point.0))),\(rounded(y))"
            }
            lines.append("<polyline fill=\"none\" stroke=\"#1f5fa8\" points=\"\(path.joined(separator: " "))\"/>")
        }
        return lines
    }

    private static func mark(_ found: ClockCourse.Break, _ axis: Axis, _ top: Double) -> [String] {
        let from = axis.x(found.from ?? found.to ?? axis.first)
        let to = axis.x(found.to ?? axis.last)
        return [
            "<rect class=\"break\" x=\"\(rounded(from))\" y=\"\(top)\" width=\"\(rounded(max(to - from, 1)))\" "
                + "height=\"\(height)\" fill=\"#d33\" fill-opacity=\"0.4\"><title>\(XMLText.text(found.reason))</title></rect>"
        ]
    }

    private static func label(_ x: Double, _ y: Double, _ text: String, isBold: Bool = false) -> String {
        "<text x=\"\(x)\" y=\"\(y)\"\(isBold ? " font-weight=\"bold\"" : "")>\(XMLText.text(text))</text>"
    }

    private static func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
