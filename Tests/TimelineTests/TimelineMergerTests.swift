import NIOCore
import RingBuffer
import TestSupport
import Testing
import TraceClock
import TraceProtocol

@testable import Timeline

@Suite struct TimelineMergerTests {
    /// Well after the epoch of both clocks.
    static let base: Int64 = 1_000_000_000_000

    private func start(_ scripts: inout [NodeScript], stallLimit: Duration? = nil) throws -> TimelineMerger {
        let merger = TimelineMerger(
            nodes: scripts.indices.map { "n\($0)" }, stallLimit: stallLimit, at: Self.base)
        for index in scripts.indices {
            try merger.append(scripts[index].sample(at: Self.base), node: index, at: Self.base)
            try merger.append(scripts[index].metadata(), node: index, at: Self.base)
        }
        return merger
    }

    @Test func eventsOfTwoClocksComeOutInTheOrderOfTheTimeline() throws {
        var scripts = [NodeScript(offset: 500_000_000_000), NodeScript(offset: -300_000_000_000)]
        let merger = try start(&scripts)
        let b = Self.base
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 10_000, b + 30_000]), node: 0, at: b)
        try merger.append(scripts[1].batch(cpu: 0, at: [b + 20_000, b + 40_000]), node: 1, at: b)
        var out = RecordingSink()
        // No watermark yet: something earlier may still come.
        try merger.release(at: b + 50_000, into: &out)
        #expect(out.events.isEmpty)
        try merger.append(scripts[0].watermark(b + 35_000), node: 0, at: b + 50_000)
        try merger.append(scripts[1].watermark(b + 45_000), node: 1, at: b + 50_000)
        try merger.release(at: b + 50_000, into: &out)
        #expect(out.events.map(\.node) == ["n0", "n1", "n0"])
        for (event, time) in zip(out.events, [10_000, 20_000, 30_000]) {
            #expect(abs(event.time - (b + Int64(time))) <= 1100)
        }
        for node in 0..<2 { try merger.append(scripts[node].stopped(at: b + 55_000), node: node, at: b + 60_000) }
        try merger.append(scripts[0].finish(recorded: 2, lost: 0), node: 0, at: b + 60_000)
        try merger.append(scripts[1].finish(recorded: 2, lost: 0), node: 1, at: b + 60_000)
        try merger.release(at: b + 60_000, into: &out)
        #expect(out.events.map(\.node) == ["n0", "n1", "n0", "n1"])
        #expect(merger.account.problems.isEmpty)
    }

    @Test func aSilentNodeHoldsTheOthersOnlyForTheLimit() throws {
        var scripts = [NodeScript(offset: 0), NodeScript(offset: 0)]
        let merger = try start(&scripts, stallLimit: .seconds(2))
        let b = Self.base
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 10_000]), node: 0, at: b)
        try merger.append(scripts[0].watermark(b + 1_000_000), node: 0, at: b + 1_000_000)
        var out = RecordingSink()
        try merger.release(at: b + 1_000_000_000, into: &out)
        #expect(out.events.isEmpty)
        try merger.append(scripts[0].watermark(b + 2_500_000_000), node: 0, at: b + 2_500_000_000)
        try merger.release(at: b + 2_500_000_000, into: &out)
        #expect(out.events.map(\.node) == ["n0"])
        #expect(out.notices.count == 1 && out.notices[0].hasPrefix("n1 stalled"))
        // It sends again, with an event from before: late, not lost.
        try merger.append(scripts[1].batch(cpu: 0, at: [b + 20_000]), node: 1, at: b + 2_600_000_000)
        try merger.append(scripts[1].watermark(b + 2_600_000_000), node: 1, at: b + 2_600_000_000)
        try merger.append(scripts[0].watermark(b + 2_600_000_000), node: 0, at: b + 2_600_000_000)
        try merger.release(at: b + 2_600_000_000, into: &out)
        #expect(out.events.map(\.node) == ["n0", "n1"])
        #expect(out.events[1].isLate)
        #expect(merger.lateEvents == 1)
    }

    @Test func lossesStandWhereTheyHappenedAndTheAccountMustBalance() throws {
        var scripts = [NodeScript(offset: 7)]
        let merger = try start(&scripts)
        let b = Self.base
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 1000]), node: 0, at: b)
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 2000, b + 3000], missed: .count(5)), node: 0, at: b)
        try merger.append(scripts[0].stopped(at: b), node: 0, at: b)
        try merger.append(scripts[0].finish(recorded: 9, lost: 5), node: 0, at: b)
        var out = RecordingSink()
        try merger.release(at: b, into: &out)
        #expect(out.events.count == 3)
        #expect(out.lost == [5])
        // 3 + 5 are not 9.
        #expect(merger.account.problems.count == 1)
        #expect(merger.account.nodes[0].cpus[0].balances == false)
    }

    @Test func aDamagedBatchCostsItselfOnly() throws {
        var scripts = [NodeScript(offset: 0)]
        let merger = try start(&scripts)
        let b = Self.base
        var bad = try scripts[0].batch(cpu: 0, at: [b + 1000])
        // A commit far beyond the page.
        bad.body.setInteger(UInt64(0xFFFF).littleEndian, at: bad.body.readerIndex + BatchHeader.length + 8)
        try merger.append(bad, node: 0, at: b)
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 2000]), node: 0, at: b)
        merger.end(0, at: b, "it is cut off")
        var out = RecordingSink()
        try merger.release(at: b, into: &out)
        #expect(out.events.count == 1)
        #expect(merger.account.nodes[0].cpus[0].damaged == 1)
    }

    /// Random nodes, CPUs and splits into batches: the output is the sorted input, whatever the order of arrival.
    @Test func theMergeIsASortOfItsInput() throws {
        var generator = SplitMix64(seed: 42)
        for _ in 0..<50 {
            let nodes = 1 + Int(generator.next() % 4)
            var scripts = (0..<nodes).map { NodeScript(offset: Int64($0) * 77_000_000) }
            let merger = try start(&scripts)
            var expected: [Int64] = []
            var out = RecordingSink()
            var now = Self.base + 10_000
            for _ in 0..<20 {
                let until = now + 100_000
                for node in scripts.indices {
                    for cpu in 0..<(1 + UInt32(generator.next() % 3)) {
                        let times = (0..<generator.next() % 20).map { _ in now + Int64(generator.next() % 90_000) }
                            .sorted()
                        guard !times.isEmpty else { continue }
                        expected += times
                        try merger.append(scripts[node].batch(cpu: cpu, at: times), node: node, at: until)
                    }
                    try merger.append(scripts[node].watermark(until), node: node, at: until)
                }
                try merger.release(at: until, into: &out)
                now = until
            }
            for node in scripts.indices { merger.end(node, at: now, "it is cut off") }
            try merger.release(at: now, into: &out)
            #expect(out.events.count == expected.count)
            #expect(zip(out.events, out.events.dropFirst()).allSatisfy { $0.time <= $1.time })
            #expect(out.events.allSatisfy { !$0.isLate })
        }
    }

    @Test("A node that ends early: the gap is shown where it begins, in the account, and makes it incomplete")
    func earlyEnd() throws {
        var scripts = [NodeScript(offset: 0), NodeScript(offset: 0)]
        let merger = try start(&scripts)
        let b = Self.base
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 1000]), node: 0, at: b)
        try merger.append(scripts[0].watermark(b + 2000), node: 0, at: b)
        try merger.append(scripts[0].finish(recorded: 1, lost: 0), node: 0, at: b)
        try merger.append(scripts[1].batch(cpu: 0, at: [b + 1500, b + 9000]), node: 1, at: b)
        for node in 0..<2 { try merger.append(scripts[node].stopped(at: b + 10_000), node: node, at: b) }
        try merger.append(scripts[1].finish(recorded: 2, lost: 0), node: 1, at: b)
        var out = RecordingSink()
        try merger.release(at: b + 20_000, into: &out)
        #expect(out.events.map(\.timestamp) == [b + 1000, b + 1500, b + 9000].map(UInt64.init))
        // Behind the two events before it.
        #expect(out.places == [2] && out.notices.count == 1 && out.notices[0].contains("ended before it was told to"))
        #expect(merger.account.gaps.map { [$0.from, $0.to] } == [[b + 2000, b + 10_000]])
        #expect(merger.account.problems.count == 1)
    }

    @Test("Gaps that the manifest has are shown in their places, and not a second time")
    func knownGaps() throws {
        var scripts = [NodeScript(offset: 0)]
        let merger = try start(&scripts)
        let b = Self.base
        merger.expect([WireRecordingGap(from: b + 1500, to: b + 1700, "off")], of: 0)
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 1000, b + 2000]), node: 0, at: b)
        try merger.append(scripts[0].stopped(at: b + 3000), node: 0, at: b)
        let finish = try scripts[0].finish(recorded: 2, lost: 0) {
            $0.gaps = [WireRecordingGap(from: b + 1500, to: b + 1700, "off")]
        }
        try merger.append(finish, node: 0, at: b)
        var out = RecordingSink()
        try merger.release(at: b + 20_000, into: &out)
        #expect(out.places == [1] && merger.account.problems == ["node n0: no record for 0.000 s: off"])
    }

    @Test("What was lost with an agent that died is shown between the events before and after it, and in the account")
    func lostAtAgent() throws {
        var scripts = [NodeScript(offset: 0), NodeScript(offset: 0)]
        let merger = try start(&scripts)
        let b = Self.base
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 1000]), node: 0, at: b)
        try merger.append(scripts[0].watermark(b + 2000), node: 0, at: b)
        try merger.append(scripts[0].loss(cpu: 0, events: 7, from: b + 2000, to: b + 3000), node: 0, at: b)
        try merger.append(scripts[0].batch(cpu: 0, at: [b + 4000]), node: 0, at: b)
        try merger.append(scripts[1].batch(cpu: 0, at: [b + 1500, b + 3500]), node: 1, at: b)
        for node in 0..<2 { try merger.append(scripts[node].stopped(at: b + 5000), node: node, at: b) }
        let finish = try scripts[0].finish(recorded: 9, lost: 0) { $0.cpus[0].lostAtAgent = 7 }
        try merger.append(finish, node: 0, at: b)
        try merger.append(scripts[1].finish(recorded: 2, lost: 0), node: 1, at: b)
        var out = RecordingSink()
        try merger.release(at: b + 20_000, into: &out)
        #expect(out.events.map(\.timestamp) == [b + 1000, b + 1500, b + 3500, b + 4000].map(UInt64.init))
        #expect(out.places == [2] && out.notices[0].contains("lostAtAgent"))
        let account = merger.account
        #expect(account.problems == ["node n0: 7 events were lost with the agent that had read them"])
        #expect(account.losses.map { [$0.from, $0.to] } == [[b + 2000, b + 3000]] && account.lostAtAgents == 7)
    }

    @Test("A log that ends without a last frame: the record ends with the last watermark")
    func cutOff() throws {
        var scripts = [NodeScript(offset: 0)]
        let merger = try start(&scripts)
        let b = Self.base
        try merger.append(scripts[0].watermark(b + 2000), node: 0, at: b)
        merger.end(0, at: b, "the controller ended")
        var out = RecordingSink()
        try merger.release(at: b + 20_000, into: &out)
        #expect(out.notices.count == 1)
        #expect(
            merger.account.problems == [
                "node n0: no record to the end: the controller ended; its totals are not known"
            ])
    }
}
