import Testing

@testable import TraceClock

struct ClockProbeTests {
    static let good = ClockProbe(t1: 1000, t2: 50, t3: 60, t4: 1100)

    @Test func aPossibleProbePasses() throws {
        #expect(try Self.good.validated(under: .standard) == Self.good)
        #expect(Self.good.delay == 90)
    }

    @Test(arguments: [
        (ClockProbe(t1: 1000, t2: 60, t3: 50, t4: 1100), ClockProbeError.agentReversed(by: 10)),
        (ClockProbe(t1: 1100, t2: 50, t3: 60, t4: 1000), .controllerReversed(by: 100)),
        (ClockProbe(t1: -1, t2: 50, t3: 60, t4: 1000), .outOfRange),
        (ClockProbe(t1: 0, t2: .min, t3: .max, t4: 1000), .outOfRange),
        (ClockProbe(t1: 0, t2: 0, t3: ClockLimits.agentTime + 1, t4: .max), .outOfRange),
        (ClockProbe(t1: 1000, t2: 50, t3: 250, t4: 1100), .holdExceedsRoundTrip(by: 96)),
    ])
    func impossibleProbesAreRefused(probe: ClockProbe, error: ClockProbeError) {
        #expect(throws: error) { try probe.validated(under: .standard) }
        #expect(probe.delay >= 0)
        #expect(!error.description.isEmpty)
    }

    /// 1 s at 500 ppm: a clock that runs fast may show 500 us more than the round trip took, and no more.
    @Test func theHoldMayExceedTheRoundTripByTheRate() throws {
        let possible = ClockProbe(t1: 0, t2: 0, t3: 1_000_500_000, t4: 1_000_000_000)
        #expect(try possible.validated(under: .standard) == possible)
        let impossible = ClockProbe(t1: 0, t2: 0, t3: 1_000_500_010, t4: 1_000_000_000)
        #expect(throws: ClockProbeError.self) { try impossible.validated(under: .standard) }
    }
}
