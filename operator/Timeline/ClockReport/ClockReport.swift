import EventFormat
import SessionStore
import TraceClock
import TraceProtocol

/// What recorded sessions show of their nodes' clocks: bound, offset, drift and round trip over time, and breaks.
public struct ClockReport {
    /// How it is written.
    public enum Format: String, Sendable, CaseIterable {
        case text, svg, json
    }

    public let courses: [ClockCourse]
    /// ns from the timeline to the epoch; nil where no input knows the time of day.
    let epochOffset: Int64?
    let times: TimeDisplay

    /// Stretches that a node's time is divided into.
    static let points = 120

    /// - Parameters:
    ///   - nodes: of which a report is wanted; empty for all.
    ///   - wander: what is assumed of the clocks' rates; nil for nothing beyond the rate range.
    /// - Throws: `ReportError` for a node that is not there, and where no input is a session; `StoreError`.
    public init(
        _ inputs: [ReportInput], nodes: Set<String> = [], wander: ClockWander? = .standard,
        times: TimeDisplay = TimeDisplay()
    ) throws {
        let plan = ReportPlan(inputs)
        try plan.requireNodes(nodes)
        var courses: [ClockCourse] = []
        for node in plan.nodes where nodes.isEmpty || nodes.contains(node.name) {
            guard case .log(let session, let name) = node.source, case .session(let directory) = inputs[session] else {
                continue
            }
            let records = ClockRecords(of: NodeLogReader(try directory.log(of: name)))
            if let clock = records.saved(wander: wander).map({ $0.agent ?? $0.stamps }) {
                courses.append(
                    ClockCourse(
                        node: node.name, records.admitted, clock, shift: node.shift.offset, count: Self.points))
            } else {
                courses.append(ClockCourse(node: node.name))
            }
        }
        guard !courses.isEmpty else {
            throw ReportError(
                "no clock was probed for these inputs: only sessions have clock probes, trace.dat files have none")
        }
        self.courses = courses
        epochOffset = plan.epochOffset
        self.times = times
    }

    init(_ courses: [ClockCourse], epochOffset: Int64?, times: TimeDisplay = TimeDisplay()) {
        self.courses = courses
        self.epochOffset = epochOffset
        self.times = times
    }

    /// The report, line by line.
    public func lines(_ format: Format) -> [String] {
        switch format {
        case .text: textLines
        case .svg: svgLines
        case .json: courses.map { json($0) }
        }
    }

    /// Of which day and zone the times are; nil where no input knows, and without a probe.
    var dateText: String? {
        guard let epochOffset, let first = courses.lazy.compactMap({ $0.points.first?.at }).first else { return nil }
        return DateLine.text(first &+ epochOffset, isUTC: times.isUTC)
    }

    func time(_ time: Int64) -> String {
        var text = TextBuffer(capacity: 32)
        var wallTime = WallTime(isUTC: times.isUTC)
        TimeText.append(time, epochOffset: epochOffset, &wallTime, to: &text)
        return text.string
    }
}
