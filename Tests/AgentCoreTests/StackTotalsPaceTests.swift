import SystemFacts
import Testing

@testable import AgentCore

struct StackTotalsPaceTests {
    @Test("After totals of n bytes the next ones are due n / 64 KiB seconds later")
    func pace() {
        var pace = StackTotalsPace()
        #expect(pace.isDue(at: .after(.seconds(1))))
        pace.sent(bytes: 3 * StackTotalsPace.bytesPerSecond / 2, at: .after(.seconds(1)))
        #expect(!pace.isDue(at: .after(.milliseconds(2_499))) && pace.isDue(at: .after(.milliseconds(2_500))))
        pace.sent(bytes: 100, at: .after(.seconds(3)))
        #expect(pace.isDue(at: .after(.seconds(4))))
        // The most that a frame holds.
        pace.sent(bytes: 32 << 20, at: .after(.seconds(4)))
        #expect(!pace.isDue(at: .after(.seconds(515))) && pace.isDue(at: .after(.seconds(516))))
    }
}
