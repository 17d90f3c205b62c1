import Testing
import TraceProtocol

/// One node's part: what is known of it, and the gaps that follow. The node's clock is 1 000 s ahead of the timeline.
@Suite("When there is no record of a node")
struct PartAccountTests {
    private static let second: Int64 = 1_000_000_000
    private static let ahead = 1000 * second
    private static func map(_ time: Int64) -> Int64? { time - ahead }

    /// A time of the session, in s, on the timeline.
    private static func at(_ seconds: Double) -> Int64 { 100 * second + Int64(seconds * 1e9) }
    /// The same by the node's clock.
    private static func own(_ seconds: Double) -> Int64 { at(seconds) + ahead }

    private static func note(
        _ kind: WireNodeNote.Kind, at seconds: Double = 0, _ text: String = ""
    ) -> WireNodeNote {
        .with {
            $0.kind = kind
            $0.at = at(seconds)
            $0.text = text
            $0.moment = at(0)
        }
    }

    /// Started in time, and everything up to second 5 is there.
    private static func recording() -> PartAccount {
        var part = PartAccount()
        var started = note(.started)
        started.started.before = own(0)
        started.started.after = own(0)
        part.add(started)
        part.recorded(through: own(5), heard: at(5))
        return part
    }

    private static func finish(
        stopped seconds: Double? = nil, reason: String = "", _ change: (inout WireFinish) -> Void = { _ in }
    ) -> WireFinish {
        var finish = WireFinish()
        finish.reason = reason
        if let seconds {
            finish.stopped.before = own(seconds)
            finish.stopped.after = own(seconds)
        }
        change(&finish)
        return finish
    }

    private static func gap(_ from: Double?, _ to: Double?, _ reason: String) -> WireRecordingGap {
        WireRecordingGap(from: from.map(at), to: to.map(at), reason)
    }

    @Test("A node that an earlier controller process has told to stop has no record from then on")
    func toldBefore() {
        var part = Self.recording()
        part.add(Self.note(.stopped, at: 9))
        part.add(Self.finish(stopped: 6), at: Self.at(9.1))
        #expect(part.gaps(Self.map) == [Self.gap(6, 9, "it was told to stop before that")])
        // Without its clock nobody knows when it stopped. Only a restarted controller makes that doubtful.
        #expect(part.gaps { _ in nil } == [])
        part.add(Self.note(.controllerRestarted, at: 8))
        #expect(part.gaps { _ in nil }.map(\.reason) == ["when it stopped is not known: nor is its clock"])
        #expect(part.gaps(Self.map) == [Self.gap(6, 9, "it was told to stop before that")])
    }

    @Test("A node that stops when it is told to has no gap")
    func whole() {
        var part = Self.recording()
        part.add(Self.note(.stopped, at: 9))
        part.add(Self.finish(stopped: 9.05), at: Self.at(9.1))
        #expect(part.gaps(Self.map).isEmpty)
    }

    @Test("A node that ends before it is told to, whatever it says of it")
    func early() {
        var part = Self.recording()
        part.add(Self.finish(stopped: 6), at: Self.at(6.2))
        #expect(part.gaps(Self.map) == [Self.gap(6, nil, "it ended before it was told to")])
        part.add(Self.note(.stopped, at: 9))
        #expect(part.gaps(Self.map) == [Self.gap(6, 9, "it ended before it was told to")])
        // An agent that does not say when: everything up to its last watermark is certain.
        part = Self.recording()
        part.add(Self.finish(), at: Self.at(6.2))
        part.add(Self.note(.stopped, at: 9))
        #expect(part.gaps(Self.map) == [Self.gap(5, 9, "it ended before it was told to")])
        // One that names a time that has not come.
        part = Self.recording()
        part.add(Self.finish(stopped: 500), at: Self.at(6.2))
        part.add(Self.note(.stopped, at: 9))
        #expect(part.gaps(Self.map) == [Self.gap(6.2, 9, "it ended before it was told to")])
    }

    @Test("A lease that ran out is a gap if it ran out before the stop, however late that is known")
    func lease() {
        var part = Self.recording()
        part.add(Self.note(.lost, at: 5))
        part.add(Self.note(.stopped, at: 90))
        part.add(Self.note(.returned, at: 91))
        part.add(Self.finish(stopped: 65, reason: "nothing heard"), at: Self.at(91))
        #expect(part.gaps(Self.map) == [Self.gap(65, 90, "nothing heard")])
        part = Self.recording()
        part.add(Self.note(.stopped, at: 60))
        part.add(Self.finish(stopped: 65, reason: "nothing heard"), at: Self.at(66))
        #expect(part.gaps(Self.map).isEmpty)
    }

    @Test(
        "Without its last frame a node's record ends with its last watermark",
        arguments: [WireNodeNote.Kind.gaveUp, .restarted, .damaged])
    func gone(kind: WireNodeNote.Kind) {
        var part = Self.recording()
        part.add(Self.note(kind, at: 7, "gone"))
        #expect(part.gaps(Self.map) == [Self.gap(5, nil, "gone")])
        part.add(Self.note(.stopped, at: 9))
        // The first reason counts.
        part.add(Self.note(.gaveUp, at: 12, "later"))
        #expect(part.gaps(Self.map) == [Self.gap(5, 9, "gone")])
    }

    @Test("A log that just ends: the record ends with the last watermark, and nobody knows when the session did")
    func cutOff() {
        var part = Self.recording()
        #expect(part.gaps(Self.map).isEmpty)
        part.cutOff("the controller ended")
        #expect(part.gaps(Self.map) == [Self.gap(5, nil, "the controller ended")])
        part = PartAccount()
        part.cutOff("the controller ended")
        #expect(part.gaps(Self.map) == [Self.gap(nil, nil, "the controller ended")])
    }

    @Test("Who promised to take part and did not start is missed from the start; who refused is not")
    func declined() {
        var part = PartAccount()
        part.add(Self.note(.gaveUp, at: 1, "no memory"))
        part.add(Self.note(.stopped, at: 9))
        #expect(part.gaps(Self.map) == [Self.gap(0, 9, "no memory")])
        part = PartAccount()
        part.add(Self.note(.refused, at: 1, "no such event"))
        part.add(Self.note(.stopped, at: 9))
        #expect(part.gaps(Self.map).isEmpty && part.refusal == "no such event")
    }

    @Test("A late start is stated; by a second or more it is a fault", arguments: [0.2, 1.5])
    func late(by seconds: Double) {
        var part = PartAccount()
        var started = Self.note(.started)
        started.started.after = Self.own(seconds)
        started.started.missed = true
        part.add(started)
        let gaps = part.gaps(Self.map)
        #expect(gaps.map(\.from) == [Self.at(0)] && gaps.map(\.to) == [Self.at(seconds)])
        #expect(gaps.map(\.tolerated) == [seconds < 1])
    }

    @Test("What the node states itself; nothing of it reaches beyond the stop")
    func stated() {
        var part = Self.recording()
        part.add(Self.note(.stopped, at: 9))
        part.add(
            Self.finish(stopped: 9.05) { finish in
                finish.gaps = [
                    WireRecordingGap(from: Self.own(2), to: Self.own(3), "off"),
                    WireRecordingGap(from: Self.own(8), to: Self.own(9.05), "off"),
                ]
            }, at: Self.at(9.1))
        #expect(part.gaps(Self.map) == [Self.gap(2, 3, "off"), Self.gap(8, 9, "off")])
    }

    @Test("While the clock is not known, a gap's beginning is not known")
    func noClock() {
        var part = Self.recording()
        part.add(Self.note(.gaveUp, at: 7, "gone"))
        part.add(Self.note(.stopped, at: 9))
        #expect(part.gaps { _ in nil } == [Self.gap(0, 9, "gone")])
    }

    @Test("A node's reason is cut, and so is the number of its gaps")
    func hostile() {
        var part = Self.recording()
        part.add(
            Self.finish(reason: String(repeating: "x", count: 100_000)) { finish in
                finish.gaps = Array(repeating: WireRecordingGap(from: 1, to: 2, "y"), count: 5000)
            }, at: Self.at(6))
        let gaps = part.gaps(Self.map)
        #expect(gaps.count == 101 && gaps.allSatisfy { $0.reason.utf8.count <= 300 })
    }
}
