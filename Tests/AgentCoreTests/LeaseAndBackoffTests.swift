import Testing

@testable import AgentCore

@Suite struct LeaseAndBackoffTests {
    @Test func aLeaseRunsOutOnlyInSilence() {
        var lease = Lease(duration: .seconds(60), now: .after(.seconds(100)))
        #expect(!lease.hasRunOut(now: .after(.seconds(160))))
        #expect(lease.hasRunOut(now: .after(.seconds(161))))
        lease.heard(now: .after(.seconds(150)))
        #expect(!lease.hasRunOut(now: .after(.seconds(210))))
        lease.heard(now: .after(.seconds(120)))
        #expect(!lease.hasRunOut(now: .after(.seconds(210))))
    }

    @Test func pausesGrowWithinTheirLimitsAndDiffer() {
        var generator = SystemRandomNumberGenerator()
        var backoff = Backoff()
        var ceiling = Backoff.shortest
        var pauses: Set<Duration> = []
        for _ in 0..<40 {
            let pause = backoff.next(using: &generator)
            #expect(pause >= ceiling / 2 && pause <= ceiling)
            pauses.insert(pause)
            ceiling = min(ceiling * 2, Backoff.longest)
        }
        #expect(pauses.count > 10)
        backoff.reset()
        #expect(backoff.next(using: &generator) <= Backoff.shortest)
    }
}
