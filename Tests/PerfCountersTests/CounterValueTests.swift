import Testing

@testable import PerfCounters

@Suite struct CounterValueTests {
    @Test("A counter that always ran is not scaled, one that ran a part of the time is, one that never ran says so")
    func scaling() {
        let whole = CounterValue(raw: 1000, enabled: 500, running: 500)
        #expect(whole.count == 1000 && !whole.isScaled && !whole.neverRan)
        let half = CounterValue(raw: 1001, enabled: 1_000, running: 500)
        #expect(half.count == 2002 && half.isScaled)
        // 7 x 10 / 3 = 23.3
        #expect(CounterValue(raw: 7, enabled: 10, running: 3).count == 23)
        let never = CounterValue(raw: 0, enabled: 10, running: 0)
        #expect(never.count == 0 && never.neverRan && !never.isScaled)
    }

    @Test("Scaling does not overflow or trap for any numbers")
    func extremes() {
        let days: UInt64 = 100 * 86400 * 1_000_000_000
        let large = CounterValue(raw: .max / 4, enabled: days, running: days / 2)
        #expect(large.count >= .max / 2 - 4 && large.count <= .max / 2 + 4)
        #expect(CounterValue(raw: .max, enabled: .max, running: 1).count == .max)
        #expect(CounterValue(raw: .max, enabled: .max, running: .max - 1).count == .max)
    }
}

@Suite struct CounterNameTests {
    @Test("Names are perf's, with its aliases; other names are unknown")
    func names() {
        #expect(CounterName.event("instructions") == PerfEvent(type: 0, config: 1))
        #expect(CounterName.event("cpu-cycles") == CounterName.event("cycles"))
        #expect(CounterName.event("instructions:u")?.excluded == [.kernel, .hypervisor])
        #expect(CounterName.event("cycles:k")?.excluded == [.user, .hypervisor])
        #expect(CounterName.event("cycles:uk")?.excluded == [.hypervisor])
        #expect(CounterName.event("r00c0") == PerfEvent(type: 4, config: 0xc0))
        #expect(CounterName.event("r1a8:u") == PerfEvent(type: 4, config: 0x1a8, excluded: [.kernel, .hypervisor]))
        for name in ["read", "r", "r00g0", "instructions:", "instructions:x", "nosuch:u", "rcu:rcu_utilization", "r+1"]
        {
            #expect(CounterName.event(name) == nil, "\(name)")
        }
        #expect(CounterName.event("cs") == PerfEvent(type: 1, config: 3))
        #expect(CounterName.event("L1-dcache-load-misses") == PerfEvent(type: 3, config: 0x10000))
        #expect(CounterName.event("LLC-stores") == PerfEvent(type: 3, config: 0x0102))
        #expect(CounterName.event("dTLB-prefetches") == PerfEvent(type: 3, config: 0x0203))
        for name in ["instrucions", "", "sched", "LLC-", "LLC-load", "L1-dcache-loads-misses"] {
            #expect(CounterName.event(name) == nil, "\(name)")
        }
        let all = CounterName.hardwareNames + CounterName.softwareNames
        #expect(Set(all.compactMap(CounterName.event)).count == all.count)
    }
}
