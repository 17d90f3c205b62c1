import TestSupport
import Testing

@testable import TraceClock

struct RateRangeTests {
    @Test(arguments: [0, 1, 20, 500, 100_000])
    func elapsedTimesAreRoundedOutwardByLessThanTwoNanoseconds(partsPerMillion: Int) throws {
        let range = try #require(RateRange(partsPerMillion: partsPerMillion))
        var random = SplitMix64(seed: UInt64(partsPerMillion))
        let million: Int128 = 1_000_000
        for index in 0..<20_000 {
            let elapsed =
                index < 2000
                ? Int64(index) : Int64.random(in: 0...(1 << Int64.random(in: 1...52, using: &random)), using: &random)
            // least <= d / (1 + rho), exactly, and not by more than 2 ns; the same for the greatest.
            let least = Int128(range.leastElapsed(over: elapsed))
            let greatest = Int128(range.greatestElapsed(over: elapsed))
            let fast = million + Int128(partsPerMillion)
            let slow = million - Int128(partsPerMillion)
            let isRight =
                least * fast <= Int128(elapsed) * million && (least + 2) * fast > Int128(elapsed) * million
                && greatest * slow >= Int128(elapsed) * million && (greatest - 2) * slow < Int128(elapsed) * million
            if !isRight { Issue.record("\(elapsed) ns: \(least)...\(greatest)") }
        }
    }

    @Test func extremesDoNotOverflow() throws {
        let range = try #require(RateRange(partsPerMillion: 100_000))
        let limit = ClockLimits.agentTime
        #expect(Int128(range.leastElapsed(over: limit)) <= Int128(limit) * 10 / 11)
        #expect(Int128(range.greatestElapsed(over: limit)) >= Int128(limit) * 10 / 9)
        #expect(range.greatestAgentAdvance(within: .max) == 1 << 62)
    }

    @Test func asymmetricRangesAreAccepted() throws {
        let range = try #require(RateRange(slowestPartsPerBillion: 19_000, fastestPartsPerBillion: 21_000))
        // A clock that runs 19 to 21 ppm fast needs less than a second for its second.
        #expect(range.greatestElapsed(over: 1_000_000_000) == 999_981_001)
        #expect(range.leastElapsed(over: 1_000_000_000) == 999_979_000)
        #expect(range.greatestAgentAdvance(within: 1_000_000_000) == 1_000_021_001)
    }

    @Test func impossibleRangesAreRefused() {
        #expect(RateRange(partsPerMillion: -1) == nil)
        #expect(RateRange(partsPerMillion: 100_001) == nil)
        #expect(RateRange(slowestPartsPerBillion: 1, fastestPartsPerBillion: 0) == nil)
        #expect(RateRange(slowestPartsPerBillion: .min, fastestPartsPerBillion: .max) == nil)
    }

    @Test func theStandardRangeIsFiveHundredPartsPerMillion() {
        #expect(RateRange.standard == RateRange(partsPerMillion: 500))
        let shown = RateRange.standard.agentPartsPerMillion
        #expect(abs(shown.lowerBound + 500) < 1e-6 && abs(shown.upperBound - 500) < 1e-6)
    }
}
