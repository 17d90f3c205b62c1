import SystemFacts
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("How long the reply to a command is waited for")
struct CommandPatienceTests {
    private static let start = MonotonicRawInstant(nanoseconds: 5_000_000_000_000)
    private static let never = MonotonicRawInstant(nanoseconds: 0)

    private static func after(_ time: Duration) -> MonotonicRawInstant { start.advanced(by: time) }

    /// Seconds after which it is refused, when the node reports `progress` every half second.
    private static func seconds(
        lead: Duration = .zero, _ progress: (Int) -> UInt32?
    ) -> (seconds: Int, refusal: WireRefusal)? {
        var patience = CommandPatience(sent: start, lead: lead)
        for half in 1..<1_000 {
            let now = after(.milliseconds(500 * half))
            if let behind = progress(half / 2) { patience.progressed(.with { $0.behind = behind }, at: now) }
            if let refusal = patience.refusal(at: now, streamed: never) { return (half / 2, refusal) }
        }
        return nil
    }

    @Test("Without a sign: two seconds")
    func mute() throws {
        let end = try #require(Self.seconds { _ in nil })
        #expect(end.seconds == 2 && end.refusal.code == .timeout && end.refusal.text.hasPrefix("no answer within 2 s"))
    }

    @Test("A sign is no promise: a node that falls silent later costs two seconds from then on")
    func fallsSilent() throws {
        #expect(Self.seconds { $0 < 10 ? 0 : nil }?.seconds == 12)
    }

    @Test("At work for ever: thirty seconds")
    func endless() throws {
        let end = try #require(Self.seconds { _ in 0 })
        #expect(end.seconds == 31 && end.refusal.text == "still at work after 30 s")
    }

    @Test("The work's time begins when the queue before it is done")
    func queue() throws {
        #expect(Self.seconds { $0 < 40 ? 7 : 0 }?.seconds == 70)
    }

    @Test("A queue that never ends: two minutes, and the refusal says what was before it")
    func endlessQueue() throws {
        let end = try #require(Self.seconds { _ in 7 })
        #expect(end.seconds == 120)
        #expect(end.refusal.text == "still busy after 120 s, with 7 other requests before this one")
    }

    @Test("Taking turns between begun and not begun gains nothing")
    func backAndForth() throws {
        #expect(Self.seconds { $0 % 2 == 0 ? 0 : 1_000_000 }?.seconds ?? .max <= 33)
    }

    @Test("A command that waits for a moment has its time from then on")
    func lead() throws {
        #expect(Self.seconds(lead: .seconds(60)) { _ in nil }?.seconds == 62)
    }

    @Test("Stream frames are a sign of life: the reply may be queued behind them")
    func stream() {
        let patience = CommandPatience(sent: Self.start)
        #expect(patience.refusal(at: Self.after(.seconds(9)), streamed: Self.after(.seconds(8))) == nil)
        #expect(patience.refusal(at: Self.after(.seconds(11)), streamed: Self.after(.seconds(8))) != nil)
    }
}
