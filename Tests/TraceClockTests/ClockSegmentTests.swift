import TestSupport
import Testing

@testable import TraceClock

struct ClockSegmentTests {
    @Test func aSegmentMapsAsItsClockDoes() {
        let trial = Trial(seed: 11, duration: 3e9, eventCount: 3000)
        var live = LiveClockReplay(trial).clock
        var refined = RefinedClock(probes: trial.probes)
        var segments = 0
        var segment = refined.segment(containing: 0)
        for event in trial.events {
            let agent = trial.node.agent(event)
            if !segment.contains(agent) {
                segment = refined.segment(containing: agent)
                segments += 1
            }
            #expect(segment.contains(agent))
            #expect(segment.map(agent) == refined.map(agent))
            #expect(segment.estimate(agent) == refined.map(agent).estimate)
            #expect(refined.mapNext(agent) == refined.map(agent))
            #expect(live.mapNext(agent) == live.map(agent))
        }
        #expect(segments > 10 && segments < 200)
    }

    @Test func segmentsMeetWithoutAGapOrAnOverlap() {
        let refined = RefinedClock(probes: Trial(seed: 12).probes)
        var time: Int64 = 0
        var estimate = Int64.min
        var count = 0
        while time <= ClockLimits.agentTime, count < 1000 {
            let segment = refined.segment(containing: time)
            #expect(segment.first == time && segment.last >= time)
            #expect(segment.map(segment.first).estimate >= estimate)
            estimate = segment.map(segment.last).estimate
            time = segment.last + 1
            count += 1
        }
        #expect(count > 5 && count < 1000)
    }

    @Test func outsideTheSegmentNothingIsKnown() {
        let refined = RefinedClock(probes: Trial(seed: 13).probes)
        let segment = refined.segment(containing: 0)
        #expect(segment.map(segment.last + 1).quality == .unknown)
        #expect(refined.map(-1).quality == .unknown)
        #expect(refined.map(.max).quality == .unknown)
        #expect(RefinedClock(probes: []).map(5) == .unknown(agentTime: 5))
    }

    @Test func aLineIsExactAtBothEndsToANanosecond() {
        var random = SplitMix64(seed: 5)
        for _ in 0..<20_000 {
            let start = Int64.random(in: 0...(1 << 60), using: &random)
            let run = Int64.random(in: 1...(1 << Int64.random(in: 1...60, using: &random)), using: &random)
            let from = Int64.random(in: -(1 << 61)...(1 << 61), using: &random)
            let rise = Int64.random(in: 0...(1 << Int64.random(in: 1...61, using: &random)), using: &random)
            let line = ClockLine(from: start, from, to: start + run, from + rise)
            #expect(line.estimate(at: start) == from)
            #expect((from + rise - 1...from + rise).contains(line.estimate(at: start + run)))
        }
    }
}
