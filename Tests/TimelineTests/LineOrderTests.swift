import TestSupport
import Testing
import TraceClock

@testable import Timeline

@Suite("Lines whose order against another node's is not known")
struct LineOrderTests {
    private static func time(_ estimate: Int64, _ half: Int64?) -> MappedTime {
        half.map {
            MappedTime(
                estimate: estimate, bound: ClockBound(lower: estimate - $0, upper: estimate + $0), quality: .bounded)
        } ?? .unknown(agentTime: estimate)
    }

    private static func marks(_ lines: [(node: Int, at: Int64, half: Int64?)]) -> String {
        var order = LineOrder(isMarked: true)
        return String(lines.map { order.place(node: $0.node, time($0.at, $0.half)).isConcurrent ? "~" : "." })
    }

    @Test("Neighbours of two nodes: marked when their bounds overlap, touching ones included")
    func neighbours() {
        #expect(Self.marks([(0, 0, 10), (1, 20, 10), (0, 41, 10), (1, 50, 10)]) == ".~.~")
    }

    @Test("Lines of one node are in order, however wide their bounds are")
    func oneNode() {
        #expect(Self.marks([(0, 0, 1000), (0, 1, 1000), (0, 2, 1000)]) == "...")
    }

    @Test("A wide bound reaches over lines of a third node")
    func notOnlyTheLineAbove() {
        #expect(Self.marks([(0, 0, 100), (1, 30, 1), (2, 50, 1), (2, 60, 1), (2, 102, 1)]) == ".~~~.")
        // Its own node's lines are not marked because of it.
        #expect(Self.marks([(0, 0, 100), (0, 50, 1), (1, 150, 1)]) == "...")
    }

    @Test("A line whose bound has no end marks itself and the line below, not all that follow")
    func unbounded() {
        #expect(Self.marks([(0, 0, 1), (1, 100, nil), (0, 200, 1), (0, 300, 1), (1, 400, 1)]) == ".~~..")
    }

    @Test("Every pair of nodes that stands in the wrong order has a mark on its later line")
    func noWrongPairWithoutAMark() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<300 {
            var events: [(node: Int, truth: Int64, time: MappedTime)] = (0..<40).map { _ in
                let truth = Int64.random(in: 0..<2000, using: &random)
                let (before, after) = (
                    Int64.random(in: 0...60, using: &random), Int64.random(in: 0...60, using: &random)
                )
                let bound = ClockBound(lower: truth - before, upper: truth + after)
                return (
                    Int.random(in: 0..<4, using: &random), truth,
                    MappedTime(
                        estimate: Int64.random(in: bound.lower...bound.upper, using: &random), bound: bound,
                        quality: .bounded)
                )
            }
            events.sort { $0.time.estimate < $1.time.estimate }
            var order = LineOrder(isMarked: true)
            let marks = events.map { order.place(node: $0.node, $0.time).isConcurrent }
            for (later, event) in events.enumerated() {
                let above = events[..<later].filter { $0.node != event.node }
                #expect(marks[later] == above.contains { $0.time.bound.overlaps(event.time.bound) })
                #expect(marks[later] || above.allSatisfy { $0.truth <= event.truth })
            }
            #expect(order.tally.concurrent == UInt64(marks.count { $0 }) && order.tally.events == 40)
        }
    }

    @Test("What is not certain is counted, and times stand against the first event and the line above")
    func counts() {
        var order = LineOrder(isMarked: true)
        order.begin(at: 40)
        #expect(order.place(node: 0, Self.time(100, 1)).sinceFirst == 60)
        let place = order.place(node: 1, Self.time(150, nil))
        #expect(place.sinceFirst == 110 && place.sinceLast == 50)
        #expect(order.tally.doubtful == 1 && order.tally.concurrent == 1)
        #expect(order.place(of: 90).sinceLast == -60)
    }
}

@Suite("The day and the zone of times")
struct DateLineTests {
    private static let noon: Int64 = 1_795_953_600_000_000_000  // 2026-11-29 12:00:00 UTC

    @Test("Said once, and again on the next day")
    func days() {
        var date = DateLine(isUTC: true)
        #expect(date.next(before: Self.noon) == "2026-11-29, times in UTC")
        #expect(date.next(before: Self.noon + 43_199_999_999_999) == nil)
        #expect(date.next(before: Self.noon + 43_200_000_000_000) == "2026-11-30, times in UTC")
        #expect(date.next(before: Self.noon) == "2026-11-29, times in UTC")
    }

    @Test("A zone is stated by its distance to UTC")
    func zone() throws {
        let text = DateLine.text(Self.noon, isUTC: false)
        #expect(text.wholeMatch(of: #/2026-11-(29|30), times in UTC[+-]\d\d:\d\d( \(.+\))?/#) != nil, "\(text)")
    }
}
