import SystemFacts
import Testing

@testable import Tracefs

@Suite struct ClockCheckTests {
    /// Times in ns, as the kernel has them.
    private static func sample(before: UInt64, stamp: UInt64, after: UInt64) -> TraceClockCheck.Sample {
        func instant(_ time: UInt64) -> TraceClockInstant {
            TraceClockInstant(nanoseconds: Int64(bitPattern: time))
        }
        return TraceClockCheck.Sample(before: instant(before), stamp: instant(stamp), after: instant(after))
    }

    @Test func agreesIfEveryStampLiesBetween() {
        let check = TraceClockCheck(samples: [
            Self.sample(before: 100, stamp: 100, after: 140), Self.sample(before: 200, stamp: 215, after: 220),
        ])
        #expect(check == .agrees(uncertainty: .nanoseconds(20)))
    }

    @Test func boundsAnOffsetByAllSamples() {
        let check = TraceClockCheck(samples: [
            Self.sample(before: 100, stamp: 1120, after: 140), Self.sample(before: 200, stamp: 1205, after: 220),
        ])
        #expect(check == .differs(offset: .nanoseconds(985) ... .nanoseconds(1005)))
        let behind = TraceClockCheck(samples: [Self.sample(before: 5000, stamp: 10, after: 5010)])
        #expect(behind == .differs(offset: .nanoseconds(-5000) ... .nanoseconds(-4990)))
    }

    @Test func saysWhenNoOffsetFits() {
        #expect(
            TraceClockCheck(samples: [
                Self.sample(before: 100, stamp: 1120, after: 140), Self.sample(before: 200, stamp: 9000, after: 220),
            ]) == .inconsistent)
        #expect(TraceClockCheck(samples: []) == .inconsistent)
        #expect(TraceClockCheck(samples: [Self.sample(before: 9, stamp: 9, after: 8)]) == .inconsistent)
    }

    @Test func doesNotTrapOnExtremes() {
        let samples = [
            Self.sample(before: 0, stamp: .max, after: .max), Self.sample(before: .max, stamp: 0, after: .max),
        ]
        _ = TraceClockCheck(samples: samples)
        _ = TraceClockCheck(samples: samples.reversed())
    }
}

@Suite struct FirstRecordTests {
    /// Header of a sub-buffer, then 32-bit words.
    static func page(time: UInt64, committed: UInt64, words: [UInt32]) -> [UInt8] {
        withUnsafeBytes(of: time.littleEndian, Array.init) + withUnsafeBytes(of: committed.littleEndian, Array.init)
            + words.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
    }

    func time(_ page: [UInt8], longSize: Int = 8) -> UInt64? {
        page.withUnsafeBytes { FirstRecord.time(page: $0[...], longSize: longSize) }
    }

    @Test func addsTheDelta() {
        #expect(time(Self.page(time: 1000, committed: 8, words: [5 << 5 | 1, 0])) == 1005)
        #expect(time(Self.page(time: 1000, committed: 1 << 31 | 8, words: [5 << 5 | 1, 0])) == 1005)
    }

    @Test func followsExtendedTimes() {
        let words: [UInt32] = [3 << 5 | 30, 2, 5 << 5 | 1, 0]
        #expect(time(Self.page(time: 1000, committed: 16, words: words)) == 1000 + 3 + 2 << 27 + 5)
    }

    @Test func followsAbsoluteTimes() {
        let high: UInt64 = 0x0800_0000_0000_0000
        let words: [UInt32] = [3 << 5 | 31, 2, 5 << 5 | 1, 0]
        #expect(time(Self.page(time: high + 1, committed: 16, words: words)) == high + 3 + 2 << 27 + 5)
    }

    @Test func refusesWhatHoldsNoRecord() {
        #expect(time([]) == nil)
        #expect(time(Self.page(time: 1, committed: 0, words: [])) == nil)
        #expect(time(Self.page(time: 1, committed: 8, words: [29, 0])) == nil)
        #expect(time(Self.page(time: 1, committed: 4096, words: [1, 0])) == nil)
        #expect(time(Self.page(time: 1, committed: 8, words: [30, 0])) == nil)
        #expect(time(Self.page(time: 1, committed: 8, words: [1, 0]), longSize: 16) == nil)
    }

    @Test func doesNotTrapOnAnyBytes() {
        var state: UInt64 = 1
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            _ = time(bytes)
            _ = time(bytes, longSize: 4)
        }
    }
}
