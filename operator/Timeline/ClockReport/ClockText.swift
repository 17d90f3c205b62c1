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
