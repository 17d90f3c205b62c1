import Foundation
import SessionStore
import SystemPackage
import TestSupport
import Testing
import TraceProtocol

@testable import Timeline

@Suite("Frames that are missing from a stored log: a gap where they were, and how many events they held")
struct DamagedLogTests {
    static let base: Int64 = 1_000_000_000_000

    /// A node's frames, one batch of ten events each 10 ms, with a watermark behind each.
    private func frames(batches: Int) throws -> [(frame: Frame, received: Int64)] {
        var script = NodeScript(offset: 500_000_000)
        var frames: [(Frame, Int64)] = [(script.sample(at: Self.base), Self.base), (try script.metadata(), Self.base)]
        for number in 0..<batches {
            let begin = Self.base + Int64(number) * 10_000_000
            let times = (0..<10).map { begin + Int64($0) * 100_000 }
            frames.append((try script.batch(cpu: 0, at: times), begin + 2_000_000))
            frames.append((script.watermark(begin + 3_000_000), begin + 4_000_000))
        }
        let end = Self.base + Int64(batches) * 10_000_000
        frames.append((try script.stopped(at: end), end))
        frames.append((try script.finish(recorded: UInt64(batches * 10), lost: 0), end + 1_000_000))
        return frames
    }

    private func merged(
        _ frames: [(frame: Frame, received: Int64)]
    ) throws -> (sink: RecordingSink, account: SessionAccount) {
        let merger = TimelineMerger(nodes: ["n0"], stallLimit: nil, at: Self.base)
        var sink = RecordingSink()
        for (frame, received) in frames {
            try merger.append(frame, node: 0, at: received, received: received)
            try merger.release(at: received, into: &sink)
        }
        return (sink, merger.account)
    }

    @Test("One batch is missing: the gap is from the watermark before it to the next frame that came")
    func oneFrame() throws {
        var frames = try frames(batches: 4)
        // Metadata is frame 1, so the second batch is frame 3. The watermark behind it is lost with it.
        frames.removeSubrange(4...5)
        let (sink, account) = try merged(frames)
        #expect(sink.events.count == 30 && sink.notices.count == 1)
        #expect(sink.places == [10], "\(sink.notices)")
        let gap = try #require(account.nodes[0].gaps.first)
        #expect(gap.reason == "frame 3 is missing in its log: 10 events" && account.nodes[0].gaps.count == 1)
        #expect(abs(gap.from - (Self.base + 3_000_000)) < 2000 && gap.to == Self.base + 22_000_000)
        #expect(account.nodes[0].cpus[0].balances == false && account.state.hasPrefix("incomplete: "))
    }

    @Test("Several holes: each is a gap, and the last one has the sum")
    func severalHoles() throws {
        var frames = try frames(batches: 6)
        frames.removeSubrange(10...11)
        frames.removeSubrange(4...7)
        let gaps = try merged(frames).account.nodes[0].gaps.map(\.reason)
        #expect(gaps == ["frames 3 to 4 are missing in its log", "frame 6 is missing in its log; in all 30 events"])
    }

    @Test("A whole log has no gap")
    func whole() throws {
        let (sink, account) = try merged(try frames(batches: 4))
        #expect(sink.events.count == 40 && sink.notices.isEmpty && account.problems.isEmpty)
    }

    @Test("A session whose log was paused says so once, although the note came twice")
    func paused() throws {
        var frames = try frames(batches: 2)
        let note = { (kind: WireNodeNote.Kind, at: Int64) in
            let note = WireNodeNote.with {
                $0.kind = kind
                $0.at = at
                $0.text = "the disk is full"
            }
            return (try Frame(.nodeNote, note), at)
        }
        let at = Self.base + 5_000_000
        frames.insert(contentsOf: [try note(.paused, at), try note(.paused, at), try note(.resumed, at + 1)], at: 4)
        let (sink, account) = try merged(frames)
        #expect(sink.notices == ["n0 paused(\"the disk is full\")", "n0 resumed"] && account.problems.isEmpty)
    }
}
