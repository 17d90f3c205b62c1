import Datagrams
import Testing

/// What a stamp says of CLOCK_MONOTONIC_RAW, against clocks whose truth is known.
@Suite struct StampMappingTests {
    /// CLOCK_MONOTONIC runs by a rate of its own, and CLOCK_REALTIME is ahead of it.
    private struct Clocks {
        var rate = 1.0
        var ahead: Int64 = 1_700_000_000_000_000_000

        func monotonic(_ raw: Int64) -> Int64 { Int64(Double(raw) * rate) }
        func realtime(_ raw: Int64) -> Int64 { monotonic(raw) + ahead }

        /// Each reading takes so long (ns).
        func reading(at raw: Int64, each step: Int64 = 25) -> ClockReading {
            ClockReading(
                rawBefore: raw, monotonicBefore: monotonic(raw + step), realtime: realtime(raw + 2 * step),
                monotonicAfter: monotonic(raw + 3 * step), rawAfter: raw + 4 * step)
        }
    }

    @Test func aStampOfASteadyClockIsWorthFourFifthsOfTheDelay() throws {
        let clocks = Clocks()
        var mapping = StampMapping(clocks.reading(at: 1_000_000))
        let stamp = clocks.realtime(2_000_000)
        let found = (
            mapping.latest(stamp, clocks.reading(at: 2_050_000)), mapping.earliest(stamp, clocks.reading(at: 2_050_000))
        )
        let (latest, earliest) = (try #require(found.0), try #require(found.1))
        #expect((2_000_000...2_011_000).contains(latest))
        #expect((1_982_000...2_000_000).contains(earliest))
    }

    /// Whatever rate the kernel allows, and however long the readings take.
    @Test func boundsHoldAtEveryRate() {
        var generator = SplitMix(state: 7)
        for _ in 0..<20_000 {
            let clocks = Clocks(rate: Double.random(in: 0.76...1.24, using: &generator))
            var mapping = StampMapping(clocks.reading(at: 1_000_000_000))
            let truth = Int64.random(in: 1_000_001_000...2_000_000_000, using: &generator)
            let stamp = clocks.realtime(truth)
            let reading = clocks.reading(
                at: truth + Int64.random(in: 0...1_000_000, using: &generator),
                each: Int64.random(in: 1...400, using: &generator))
            if let latest = mapping.latest(stamp, reading) { #expect(latest >= truth) }
            if let earliest = mapping.earliest(stamp, reading) { #expect(earliest <= truth) }
        }
    }

    @Test(arguments: [-3_600_000_000_000, -40_000, -10_000, 10_000, 40_000, 1_000_000_000] as [Int64])
    func aStepBetweenStampAndReadingIsSeen(step: Int64) throws {
        var clocks = Clocks()
        var mapping = StampMapping(clocks.reading(at: 1_000_000))
        let stamp = clocks.realtime(2_000_000)
        clocks.ahead += step
        let first = mapping.latest(stamp, clocks.reading(at: 2_050_000))
        #expect(first == nil)
        // Another one that waited meanwhile: nothing is known of the clock at its stamp.
        let second = mapping.latest(stamp, clocks.reading(at: 2_060_000))
        #expect(step < 0 || second == nil)
        // What is stamped by the clock that was set can be used again.
        let truth: Int64 = 5_000_000_000_000
        let found = mapping.latest(clocks.realtime(truth), clocks.reading(at: truth + 10_000))
        let latest = try #require(found)
        #expect((truth...truth + 3_000).contains(latest))
    }

    /// A step that two readings cannot show is within their widths, which the result allows for.
    @Test func aStepTooSmallToBeSeenChangesNothing() {
        for step in stride(from: Int64(-160), through: 160, by: 5) {
            var clocks = Clocks()
            var mapping = StampMapping(clocks.reading(at: 1_000_000, each: 40))
            let stamp = clocks.realtime(2_000_000)
            clocks.ahead += step
            let reading = clocks.reading(at: 2_001_000, each: 40)
            if let latest = mapping.latest(stamp, reading) { #expect(latest >= 2_000_000) }
            if let earliest = mapping.earliest(stamp, reading) { #expect(earliest <= 2_000_000) }
        }
    }

    @Test func aSlowReadingSaysNothing() {
        let clocks = Clocks()
        var mapping = StampMapping(clocks.reading(at: 1_000_000))
        let latest = mapping.latest(clocks.realtime(2_000_000), clocks.reading(at: 2_010_000, each: 600))
        #expect(latest == nil)
    }

    /// What the kernel stamped before the first reading says nothing.
    @Test func aStampFromBeforeTheFirstReadingSaysNothing() {
        let clocks = Clocks()
        var mapping = StampMapping(clocks.reading(at: 1_000_000))
        let latest = mapping.latest(clocks.realtime(900_000), clocks.reading(at: 2_000_000))
        #expect(latest == nil)
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}
