import Testing

@testable import AgentCore

@Suite struct LeaseTests {
    @Test func aLeaseRunsOutOnlyInSilence() {
        var lease = Lease(duration: .seconds(60), now: .after(.seconds(100)))
        let usual = SessionLease()
        #expect(!lease.hasRunOut(of: usual, now: .after(.seconds(160))))
        #expect(lease.hasRunOut(of: usual, now: .after(.seconds(161))))
        lease.heard(now: .after(.seconds(150)))
        #expect(!lease.hasRunOut(of: usual, now: .after(.seconds(210))))
        lease.heard(now: .after(.seconds(120)))
        #expect(!lease.hasRunOut(of: usual, now: .after(.seconds(210))))
    }

    @Test("A session's own lease counts in place of the controller's, and a policy's limit above both")
    func ownLeases() {
        let lease = Lease(duration: .seconds(60), now: .after(.zero))
        let cases: [(own: Int64?, most: Int64?, end: Int64)] = [
            (nil, nil, 60), (3600, nil, 3600), (5, nil, 5), (nil, 30, 30), (nil, 90, 60), (3600, 600, 600),
        ]
        for (own, most, end) in cases {
            let session = SessionLease(own: own.map { .seconds($0) }, most: most.map { .seconds($0) })
            #expect(!lease.hasRunOut(of: session, now: .after(.seconds(end))))
            #expect(lease.hasRunOut(of: session, now: .after(.seconds(end) + .milliseconds(1))))
        }
    }
}
