import TestSupport
import Testing
import TraceClock

@testable import Timeline

@Suite struct ClockTrackTests {
    /// Offset at a time, on the straight lines between the points.
    private static func offset(_ track: ClockTrack, at time: Int64) -> Double {
        let right = track.points.firstIndex { $0.time >= time } ?? track.points.count - 1
        let (from, to) = (track.points[max(right - 1, 0)], track.points[right])
        guard from != to else { return Double(to.offset) }
        let share = Double(time - from.time) / Double(to.time - from.time)
        return Double(from.offset) + share * Double(to.offset - from.offset)
    }

    @Test func keepsAllPointsThatFit() {
        var track = ClockTrack(capacity: 100)
        let points = (0..<100).map { ClockTrack.Point(time: Int64($0) * 40, offset: Int64($0 % 3)) }
        for point in points { track.append(point) }
        #expect(track.points == points && track.tolerance == 0)
        track.append(points[50])
        #expect(track.points == points)
    }

    /// However long a clock wanders, the line stays within its tolerance of every point.
    @Test(arguments: 0..<20 as Range<UInt64>) func staysWithinItsTolerance(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var track = ClockTrack(capacity: 64)
        var all: [ClockTrack.Point] = []
        var point = ClockTrack.Point(time: 0, offset: 1_700_000_000_000)
        for _ in 0..<5000 {
            point.time += Int64.random(in: 1...80_000_000, using: &random)
            point.offset += Int64.random(in: -900...1000, using: &random)
            all.append(point)
            track.append(point)
            #expect(track.points.count <= 64)
        }
        #expect(track.tolerance > 0)
        #expect(track.points.first == all.first && track.points.last == all.last)
        // Each halving of the points may move the line by the tolerance of that time, and these double.
        let farthest = all.map { abs(Self.offset(track, at: $0.time) - Double($0.offset)) }.max() ?? 0
        #expect(farthest <= Double(2 * track.tolerance) + 1, "\(farthest), \(track.tolerance)")
    }

    /// A step that 64-bit interpolation cannot take gets a sample just before its end.
    @Test func largeStepsAreSteps() {
        var track = ClockTrack(capacity: 16)
        track.append(.init(time: 0, offset: 0))
        track.append(.init(time: 10_000_000_000_000, offset: 10_000_000_000_000))
        #expect(track.samples.map(\.time) == [0, 9_999_999_999_999, 10_000_000_000_000])
        #expect(track.samples.map(\.offset) == [0, 0, 10_000_000_000_000])
    }

    /// The track is the refined clock's path, between its probes and behind them, and across a step of the clock.
    @Test func followsTheRefinedClock() {
        func probe(_ time: Int64, delay: Int64, asymmetry: Int64, step: Int64 = 0) -> ClockProbe {
            let agent = time + delay + asymmetry + step
            return ClockProbe(t1: time, t2: agent, t3: agent, t4: time + 2 * delay)
        }
        let clock = RefinedClock(probes: [
            probe(1_000_000_000, delay: 50_000, asymmetry: 40_000), probe(1_150_000_000, delay: 10_000, asymmetry: 0),
            probe(1_250_000_000, delay: 10_000, asymmetry: 5_000, step: 3_000_000),
            probe(1_300_000_000, delay: 10_000, asymmetry: -9_000, step: 3_000_000),
        ])
        #expect(clock.breaks.count == 1)
        var track = ClockTrack(capacity: 100)
        track.follow(clock, through: 1_400_000_000)
        #expect(track.points.count > 4 && track.points.first?.time == 0 && track.points.last?.time == 1_400_000_000)
        for time in stride(from: Int64(900_000_000), through: 1_400_000_000, by: 99_991) {
            let offset = Double(clock.map(time).estimate - time)
            #expect(abs(Self.offset(track, at: time) - offset) <= 2, "\(time)")
        }
    }

    /// No probe, no path.
    @Test func anUnknownClockHasNoTrack() {
        var track = ClockTrack(capacity: 100)
        track.follow(RefinedClock(probes: []), through: 1_400_000_000)
        #expect(track.points.isEmpty)
    }
}
