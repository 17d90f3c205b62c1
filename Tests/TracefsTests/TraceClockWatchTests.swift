import SystemFacts
import TestSupport
import Testing

@testable import Tracefs

struct TraceClockWatchTests {
    private static func instant(_ time: Int64) -> TraceClockInstant { TraceClockInstant(nanoseconds: time) }

    /// The trace clock is `offset` ahead of the process's clock; its stamp is rounded to microseconds.
    private static func sample(at time: Int64, offset: Int64 = 0) -> TraceClockCheck.Sample {
        let stamp = (time + 4_000 + offset + 500) / 1000 * 1000
        return TraceClockCheck.Sample(
            before: instant(time), stamp: instant(stamp), after: instant(time + 8_000), rounding: .nanoseconds(500))
    }

    @Test func clocksThatAgreeSayNothing() {
        var watch = TraceClockWatch()
        for time in stride(from: Int64(1_000_000), to: 2_000_000, by: 12_347) {
            #expect(watch.observe(Self.sample(at: time)) == nil)
        }
    }

    @Test(arguments: [20_000, 1_000_000, -20_000, -1_000_000_000] as [Int64])
    func aPartingIsToldOnceAndItsEndToo(offset: Int64) throws {
        var watch = TraceClockWatch()
        #expect(watch.observe(Self.sample(at: 5_000_000_000)) == nil)
        let found = watch.observe(Self.sample(at: 6_000_000_000, offset: offset))
        let change = try #require(found)
        guard case .parted(let after, .differs(let range)) = change else { throw Unexpected(change: change) }
        #expect(range.contains(.nanoseconds(offset)))
        // A probe answered after the step has a reading that lies before it, if the process's clock is behind.
        #expect(after.nanoseconds <= 5_000_004_500 - max(offset, 0))
        #expect(after.nanoseconds >= 5_000_000_000 - max(offset, 0) - 10_000)
        #expect(watch.observe(Self.sample(at: 7_000_000_000, offset: offset)) == nil)
        #expect(watch.observe(Self.sample(at: 8_000_000_000)) == .agrees(from: Self.instant(8_000_004_500)))
        #expect(watch.observe(Self.sample(at: 9_000_000_000)) == nil)
    }

    /// 200 ppm, 25 comparisons a second of 12 us each.
    @Test func aDriftIsFoundLateAndToldFromBeforeItsBegin() throws {
        var watch = TraceClockWatch()
        let begin: Int64 = 7_500_000_000
        for time in stride(from: Int64(5_000_000_000), to: 9_000_000_000, by: 40_000_000) {
            let change = watch.observe(Self.sample(at: time, offset: max(0, time - begin) / 5000))
            guard let change else { continue }
            guard case .parted(let after, _) = change else { throw Unexpected(change: change) }
            #expect(time > begin + 10_000_000 && after.nanoseconds < begin && after.nanoseconds > begin - 2_000_000_000)
            return
        }
        Issue.record("nothing was found")
    }

    @Test func aClockThatCountsSomethingElseHasParted() {
        var watch = TraceClockWatch()
        #expect(watch.observe(nil) == .parted(after: Self.instant(0), .inconsistent))
    }

    /// The kernel's own clock, without an event in the buffer; and another clock that somebody chooses.
    @Test(.enabled(if: RealTracefs.isUsable, Comment(rawValue: RealTracefs.reason)))
    func theKernelsClockIsSeenToChange() throws {
        try RealTracefs.withInstance("clockwatch") { _, instance in
            try instance.setClock("mono_raw")
            let cpu = try #require(try instance.cpus().first)
            var watch = TraceClockWatch()
            for _ in 0..<200 {
                let sample = try instance.clockSample(cpu: cpu, of: .monoRaw)
                #expect(watch.observe(sample) == nil)
            }
            #expect(try instance.statistics(cpu: cpu).recorded == 0)
            // CLOCK_BOOTTIME is disciplined, so it has left mono_raw after a while.
            try instance.setClock("boot")
            let change = watch.observe(try instance.clockSample(cpu: cpu, of: .monoRaw))
            guard case .parted(let after, _)? = change else { throw Unexpected(change: change) }
            #expect(after <= TraceClockSource.monoRaw.now)
            try instance.setClock("counter")
            #expect(try instance.clockSample(cpu: cpu, of: .monoRaw) == nil)
            try instance.setClock("mono_raw")
            guard case .agrees? = watch.observe(try instance.clockSample(cpu: cpu, of: .monoRaw)) else {
                throw Unexpected(change: nil)
            }
        }
    }

    /// The C library and the kernel read the same clock.
    @Test(arguments: TraceClockSource.allCases) func theKernelsOwnReadingAgrees(clock: TraceClockSource) {
        for _ in 0..<1000 {
            let sample = clock.kernelSample
            #expect(TraceClockCheck(samples: [sample]).isAgreement, "\(sample)")
        }
    }

    private struct Unexpected: Error { var change: TraceClockWatch.Change? }
}
