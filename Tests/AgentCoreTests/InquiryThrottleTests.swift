import SystemFacts
import Testing
import TraceProtocol

@testable import AgentCore

@Suite("Lists and descriptions take a part of one CPU, whoever asks how often")
struct InquiryThrottleTests {
    private let begin = MonotonicRawInstant(nanoseconds: 1_000_000_000_000)

    @Test("A burst of 4 s of processor time, then a fifth of a CPU")
    func time() throws {
        var throttle = InquiryThrottle(Budget.Agent())
        var now = begin
        var work = Duration.zero
        while begin.duration(to: now) < .seconds(100) {
            now = now.advanced(by: throttle.wait(now: now))
            try throttle.admit()
            now = now.advanced(by: .milliseconds(500))
            throttle.finished(.milliseconds(500), now: now)
            work += .milliseconds(500)
        }
        #expect(work >= .seconds(22) && work <= .seconds(26))
    }

    @Test("So many wait; one more is refused")
    func waiting() throws {
        var throttle = InquiryThrottle(Budget.Agent())
        for _ in 0..<128 { try throttle.admit() }
        var isRefused = false
        do throws(WireRefusal) { try throttle.admit() } catch { isRefused = error.code == .overBudget }
        #expect(isRefused)
        throttle.finished(.zero, now: begin)
        try throttle.admit()
    }
}
