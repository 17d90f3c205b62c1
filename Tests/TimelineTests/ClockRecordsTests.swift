import NIOCore
import TestSupport
import Testing
import TraceClock
import TraceProtocol

@testable import Timeline

struct ClockRecordsTests {
    private static let second: Int64 = 1_000_000_000

    private static func check(after: Int64, agrees: Bool, number: UInt64) throws -> Frame {
        let metadata = WireNodeMetadata.with {
            $0.clockCheck.after = after
            $0.clockCheck.agrees = agrees
            if !agrees { $0.clockCheck.reason = "it has another clock" }
        }
        var body = ByteBuffer()
        StreamNumber(session: 1, sequence: number).write(into: &body)
        body.writeBytes(try metadata.serializedBytes() as [UInt8])
        return Frame(.metadata, body)
    }

    /// While its two clocks differ, a node's probes say nothing of its events: neither live nor from the whole log.
    @Test func probesOfAnotherClockAreLeftOut() throws {
        let node = NodeScript(offset: 5_000)
        let other = NodeScript(offset: 900_000)
        var frames: [Frame] = []
        for step in 1...100 as ClosedRange<Int64> {
            let time = step * Self.second / 10
            let isParted = step > 30 && step < 60
            frames.append((isParted ? other : node).sample(at: time))
            frames.append(node.watermark(time - 1000))
            // Found a second after it happened.
            if step == 40 { frames.append(try Self.check(after: 3 * Self.second, agrees: false, number: 1)) }
            if step == 62 {
                frames.append(try Self.check(after: 6 * Self.second + 100_000_000, agrees: true, number: 2))
            }
        }
        var records = ClockRecords()
        for frame in frames { records.add(frame) }
        let saved = try #require(records.clock())
        let merger = TimelineMerger(nodes: ["web"], stallLimit: nil, at: 0)
        var sink = RecordingSink()
        for frame in frames { try merger.append(frame, node: 0, at: .max) }
        _ = try merger.release(at: .max, into: &sink)
        // When it is found, and again when its end is known.
        #expect(sink.notices.count { $0.contains("it has another clock") } == 2, "\(sink.notices)")
        var wrong = 0
        for time in stride(from: Int64(0), to: 9 * Self.second, by: 1_234_567) {
            for mapped in [saved.map(time + 5_000), merger.nodes[0].clock.map(time + 5_000)] {
                let isHidden = time > 3 * Self.second && time < 6 * Self.second
                if !mapped.bound.contains(time) || isHidden && mapped.quality == .bounded { wrong += 1 }
            }
        }
        #expect(wrong == 0)
        #expect(saved.map(2 * Self.second).quality == .bounded && saved.map(8 * Self.second).quality == .bounded)
    }

    /// A long session's probes take bounded memory, and the bound stays a true one.
    @Test func manyProbesAreThinnedToTheQuickest() throws {
        var records = ClockRecords(capacity: 256)
        var random = SplitMix64(seed: 4)
        for step in 1...20_000 as ClosedRange<Int64> {
            let (out, back) = (Int64(random.next() % 90_000) + 5_000, Int64(random.next() % 90_000) + 5_000)
            let time = step * 50_000_000
            records.add(ClockProbe(t1: time, t2: time + out + 77, t3: time + out + 77, t4: time + out + back))
        }
        let clock = try #require(records.clock())
        #expect(clock.breaks.isEmpty)
        var wrong = 0
        for time in stride(from: Int64(Self.second), to: 999 * Self.second, by: 9_999_999) {
            if !clock.map(time + 77).bound.contains(time) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    /// With the clock of the whole log, events before the first probe have a bound, and a node's events keep their order.
    @Test func aKnownClockBoundsWhatCameBeforeTheFirstProbe() throws {
        var node = NodeScript(offset: 40)
        let frames = [
            try node.metadata(), try node.batch(cpu: 0, at: [1000, 2000]), try node.batch(cpu: 1, at: [1001, 1500]),
            node.sample(at: 900_000), node.watermark(800_000, cpus: [0, 1]), try node.finish(recorded: 4, lost: 0),
        ]
        var records = ClockRecords()
        for frame in frames { records.add(frame) }
        let merger = TimelineMerger(
            [(name: "web", shift: .none)], clocks: [0: try #require(records.saved())], stallLimit: nil, at: .max)
        var sink = RecordingSink()
        for frame in frames { try merger.append(frame, node: 0, at: .max) }
        _ = try merger.release(at: .max, into: &sink)
        #expect(sink.events.map(\.timestamp) == [1040, 1041, 1540, 2040])
        #expect(sink.events.allSatisfy { abs($0.time + 40 - Int64($0.timestamp)) <= 1500 })
    }
}
