import SystemFacts
import Testing

@testable import ControllerCore

struct OutstandingProbesTests {
    private static func instant(milliseconds: Int) -> MonotonicRawInstant {
        MonotonicRawInstant(nanoseconds: Int64(milliseconds) * 1_000_000)
    }

    @Test(
        "Every reply counts, however slow the path: a probe each 50 ms, a reply after up to 30 s",
        arguments: [1, 840, 5_000, 29_950])
    func slowPath(delay: Int) {
        var probes = OutstandingProbes()
        var replies = 0
        for step in 0..<1200 {
            let now = step * 50
            _ = probes.add(at: Self.instant(milliseconds: now))
            let answered = now - delay
            guard answered >= 0, answered % 50 == 0 || delay % 50 != 0 else { continue }
            let id = UInt32((answered + 49) / 50 + 1)
            if probes.remove(id) == Self.instant(milliseconds: (Int(id) - 1) * 50) { replies += 1 }
        }
        #expect(replies >= (60_000 - delay) / 50 - 1)
    }

    @Test("The oldest goes, by age and by number, and no other")
    func limits() {
        var probes = OutstandingProbes()
        for step in 0..<1500 { _ = probes.add(at: Self.instant(milliseconds: step)) }
        #expect(probes.count == OutstandingProbes.capacity)
        #expect(probes.remove(476) == nil)
        #expect(probes.remove(477) == Self.instant(milliseconds: 476))
        _ = probes.add(at: Self.instant(milliseconds: 31_000))
        #expect(probes.remove(1000) == nil)
        #expect(probes.remove(1001) == Self.instant(milliseconds: 1000))
        #expect(probes.remove(1001) == nil, "once")
        _ = probes.add(at: Self.instant(milliseconds: 90_000))
        #expect(probes.count == 1)
    }
}
