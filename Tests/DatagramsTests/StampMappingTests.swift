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
        func reading(at raw: Int64, each step: Int64 = 25, slewing: SlewLimit = .greatest) -> ClockReading {
            ClockReading(
                rawBefore: raw, monotonicBefore: monotonic(raw + step), realtime: realtime(raw + 2 * step),
                monotonicAfter: monotonic(raw + 3 * step), rawAfter: raw + 4 * step, slewing: slewing)
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

    /// Readings for `seconds`, ten in each; the next one is made 100 ms after the last of them.
    private static func mapping(_ clocks: Clocks, _ seconds: Int64, slewing: SlewLimit) -> StampMapping {
        var mapping = StampMapping(clocks.reading(at: 1_000_000_000, slewing: slewing))
        for turn in 1..<seconds * 10 {
            let at = 1_000_000_000 + turn * 100_000_000
            _ = mapping.latest(clocks.realtime(at - 1_000), clocks.reading(at: at, slewing: slewing))
        }
        return mapping
    }

    /// Of a clock that nobody slews, or by a stated frequency, a stamp is worth nearly all of the delay.
    @Test(arguments: [(0.0, 0), (0.000_4, 400 << 16), (-0.000_5, -(500 << 16))] as [(Double, Int64)])
    func aStampOfAClockThatIsNotSlewedIsWorthTheDelay(drift: Double, frequency: Int64) throws {
        let clocks = Clocks(rate: 1 + drift)
        let slewing = SlewLimit(tick: 10_000, frequency: frequency, offset: 0)
        var mapping = Self.mapping(clocks, 5, slewing: slewing)
        let truth: Int64 = 6_000_000_000
        let stamp = clocks.realtime(truth)
        let reading = clocks.reading(at: truth + 50_000, slewing: slewing)
        let found = (mapping.latest(stamp, reading), mapping.earliest(stamp, reading))
        let (latest, earliest) = (try #require(found.0), try #require(found.1))
        #expect((truth...truth + 300).contains(latest))
        #expect((truth - 300...truth).contains(earliest))
    }

    /// The kernel goes on for a second with what it was told.
    @Test func whatSlewedTheClockASecondAgoStillCounts() throws {
        let clocks = Clocks()
        var mapping = Self.mapping(clocks, 5, slewing: SlewLimit(tick: 11_000, frequency: 0, offset: 0))
        let quiet = SlewLimit(tick: 10_000, frequency: 0, offset: 0)
        var truth: Int64 = 6_000_000_000
        var found: [Int64] = []
        while truth < 12_000_000_000 {
            let latest = mapping.latest(
                clocks.realtime(truth), clocks.reading(at: truth + 100_000, slewing: quiet))
            found.append(try #require(latest) - truth)
            truth += 100_000_000
        }
        // A tenth of the delay, and then next to nothing of it.
        #expect(found.prefix(10).allSatisfy { $0 > 9_000 })
        #expect(found.suffix(10).allSatisfy { $0 < 300 })
    }

    /// Something else moves the clock by more than the kernel states: what is stated is not used.
    @Test(arguments: [0.001, -0.001, 0.1, -0.1]) func aClockThatIsSlewedByMoreThanIsStated(drift: Double) throws {
        let clocks = Clocks(rate: 1 + drift)
        let stated = SlewLimit(tick: 10_000, frequency: 0, offset: 0)
        var mapping = Self.mapping(clocks, 5, slewing: stated)
        let truth: Int64 = 6_000_000_000
        let reading = clocks.reading(at: truth + 50_000, slewing: stated)
        let latest = mapping.latest(clocks.realtime(truth), reading)
        let earliest = mapping.earliest(clocks.realtime(truth), reading)
        #expect(try #require(latest) >= truth + 4_000)
        #expect(try #require(earliest) <= truth - 4_000)
    }

    /// Whatever the kernel states and does.
    @Test func boundsHoldAtEveryRateThatIsStated() {
        var generator = SplitMix(state: 11)
        for _ in 0..<2_000 {
            let tick = Int64.random(in: 9_000...11_000, using: &generator)
            let frequency = Int64.random(in: -500...500, using: &generator)
            let limit = SlewLimit(tick: tick, frequency: frequency << 16, offset: 0)
            let clocks = Clocks(rate: 1 + Double(tick - 10_000) / 10_000 + Double(frequency) / 1_000_000)
            var mapping = Self.mapping(clocks, 5, slewing: limit)
            let truth = 6_000_000_000 + Int64.random(in: 0...100_000_000, using: &generator)
            let stamp = clocks.realtime(truth)
            let reading = clocks.reading(
                at: truth + Int64.random(in: 0...1_000_000, using: &generator),
                each: Int64.random(in: 1...400, using: &generator), slewing: limit)
            if let latest = mapping.latest(stamp, reading) { #expect(latest >= truth) }
            if let earliest = mapping.earliest(stamp, reading) { #expect(earliest <= truth) }
        }
    }

    @Test(
        arguments: [
            (10_000, 0, 0, 512), (10_001, 0, 0, 612), (9_000, 0, 0, 100_512), (10_000, 65_536 * 20, 0, 532),
            (10_000, -65_536 * 20, -250_000, 782), (10_000, 0, 500_000_000, 250_000),
        ] as [(Int64, Int64, Int64, Int64)])
    func whatTheKernelStates(tick: Int64, frequency: Int64, offset: Int64, limit: Int64) {
        #expect(SlewLimit(tick: tick, frequency: frequency, offset: offset).partsPerMillion == limit)
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
