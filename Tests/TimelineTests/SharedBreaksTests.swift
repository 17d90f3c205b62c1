import Testing
import TraceClock

@testable import Timeline

@Suite("Breaks that several clocks show at one instant are the controller's")
struct SharedBreaksTests {
    /// The controller's clock steps back by 5 ms at 1 s: so all nodes seem to step forward.
    @Test("Each node's line names the others; a break of one node alone is its own")
    func controllerSteps() throws {
        let merger = TimelineMerger(nodes: ["a", "b", "c"], stallLimit: nil, at: 0)
        for step in 1...60 as ClosedRange<Int64> {
            let time = step * 50_000_000
            for node in 0..<3 {
                let own: Int64 = node == 2 && time > 2_000_000_000 ? 7_000_000 : 0
                let script = NodeScript(offset: (time > 1_000_000_000 ? 5_000_000 : 0) + own)
                try merger.append(script.sample(at: time), node: node, at: .max)
            }
        }
        var sink = RecordingSink()
        for node in 0..<3 { merger.end(node, at: .max, "done") }
        _ = try merger.release(at: .max, into: &sink)
        let breaks = sink.notices.filter { $0.contains("clockBreak") }
        #expect(breaks.count == 4, "\(breaks)")
        // The first of them was found before the others were.
        #expect(breaks.count { $0.contains("sharers: [\"") } >= 2, "\(breaks)")
        #expect(breaks.count { $0.contains("sharers: []") } <= 2)
    }

    @Test("The text says so")
    func text() {
        var clock = LiveClock()
        for (time, agent) in [(0, 0), (1_000_000_000, 1_200_000_000)] as [(Int64, Int64)] {
            _ = clock.observe(ClockProbe(t1: time, t2: agent + 500, t3: agent + 500, t4: time + 1000))
        }
        guard let found = clock.breaks.first else { return #expect(clock.breakCount == 1) }
        var span = ClockBreakSpan(found) { $0 }
        #expect(!span.text.contains("controller"))
        var shared = SharedBreaks()
        for node in 1...5 { shared.add(span, of: node) }
        span.sharers = shared.others(of: span, node: 1).map { "n\($0)" }
        #expect(span.sharers == ["n2", "n3", "n4", "n5"])
        #expect(
            span.text.hasSuffix("; so did n2, n3, n4 and 1 more at the same instant: it was the controller's own clock")
        )
    }
}
