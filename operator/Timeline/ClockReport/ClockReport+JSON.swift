import EventFormat

/// One object for each node. Times are strings, as in the timeline's JSON.
extension ClockReport {
    func json(_ course: ClockCourse) -> String {
        var text = TextBuffer(capacity: 4096)
        text.append("{\"type\":\"clock\",\"node\":")
        text.append(json: course.node)
        text.append(",\"probes\":\(course.probes),\"floor_ns\":\(Self.number(course.floor))")
        text.append(",\(Self.drift(course.drift)),\"points\":[")
        for (index, point) in course.points.enumerated() {
            if index > 0 { text.append(",") }
            text.append("{\(time("time_ns", point.at)),\"bound_ns\":\(Self.number(point.bound))")
            text.append(",\"offset_ns\":\"\(point.offset)\",\(Self.drift(point.drift))")
            text.append(",\"rtt_ns\":\(point.roundTrip),\"quality\":\"\(point.quality.word)\"}")
        }
        text.append("],\"breaks\":[")
        for (index, found) in course.breaks.enumerated() {
            if index > 0 { text.append(",") }
            text.append("{\(time("from_ns", found.from)),\(time("to_ns", found.to)),\"text\":")
            text.append(json: found.reason)
            text.append("}")
        }
        text.append("]}")
        return text.string
    }

    /// Of the day where that is known, else of the trace clock under another name.
    private func time(_ name: String, _ time: Int64?) -> String {
        guard let time else { return "\"\(name)\":null" }
        guard let epochOffset else { return "\"\(name)\":null,\"clock_\(name)\":\"\(time)\"" }
        return "\"\(name)\":\"\(time &+ epochOffset)\""
    }

    private static func drift(_ drift: ClockCourse.Drift?) -> String {
        "\"drift_ppb\":\(number(drift?.estimate)),\"drift_bound_ppb\":\(number(drift?.bound))"
    }

    private static func number(_ value: Int64?) -> String { value.map(String.init) ?? "null" }
}
