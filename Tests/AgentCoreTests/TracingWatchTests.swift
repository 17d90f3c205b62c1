import SystemFacts
import Testing
import TraceProtocol

@testable import AgentCore

@Suite("Recording that somebody else switches off")
struct TracingWatchTests {
    private static func watch(switchedByTrigger: Bool = false) -> TracingWatch {
        var watch = TracingWatch(switchedByTrigger: switchedByTrigger)
        watch.switchedOn(at: Self.at(100))
        return watch
    }

    private static func at(_ nanoseconds: Int64) -> MonotonicRawInstant {
        MonotonicRawInstant(nanoseconds: nanoseconds)
    }

    @Test("Always on: no gap")
    func on() {
        var watch = Self.watch()
        for time in 101..<110 as Range<Int64> { watch.observe(isOn: true, at: Self.at(time)) }
        watch.switchedOff(at: Self.at(110))
        watch.observe(isOn: false, at: Self.at(111))
        #expect(watch.gaps.isEmpty)
    }

    @Test("Off and on again: the gap begins when it was last seen on")
    func offAndOn() {
        var watch = Self.watch()
        watch.observe(isOn: true, at: Self.at(140))
        watch.observe(isOn: false, at: Self.at(180))
        watch.observe(isOn: false, at: Self.at(220))
        #expect(watch.gaps.map(\.from) == [140] && watch.gaps.map(\.to) == [0])
        watch.observe(isOn: true, at: Self.at(260))
        watch.observe(isOn: true, at: Self.at(300))
        #expect(watch.gaps.map(\.from) == [140] && watch.gaps.map(\.to) == [260])
        watch.observe(isOn: false, at: Self.at(340))
        watch.switchedOff(at: Self.at(350))
        #expect(watch.gaps.map(\.from) == [140, 300] && watch.gaps.map(\.to) == [260, 350])
        #expect(watch.gaps.allSatisfy { !$0.tolerated && $0.reason.contains("tracing_on") })
    }

    @Test("A successor goes on with a gap of which the end was not seen")
    func takenOver() {
        var before = Self.watch()
        before.observe(isOn: false, at: Self.at(180))
        var watch = TracingWatch(switchedByTrigger: false)
        watch.takeOver(open: before.gaps.last, lastOn: Self.at(100))
        watch.observe(isOn: false, at: Self.at(220))
        #expect(watch.gaps == before.gaps)
        watch.observe(isOn: true, at: Self.at(260))
        #expect(watch.gaps.map(\.from) == [100] && watch.gaps.map(\.to) == [260])
    }

    @Test("Before the start nothing is looked for")
    func beforeTheStart() {
        var watch = TracingWatch(switchedByTrigger: false)
        watch.observe(isOn: false, at: Self.at(1))
        #expect(watch.gaps.isEmpty)
    }

    @Test("A session's own trigger may switch it off")
    func trigger() {
        var watch = Self.watch(switchedByTrigger: true)
        watch.observe(isOn: false, at: Self.at(140))
        #expect(watch.gaps.map(\.tolerated) == [true])
    }

    @Test("Somebody who switches for hours fills nothing: what comes last is one gap")
    func many() {
        var watch = Self.watch()
        for turn in 0..<1000 as Range<Int64> {
            watch.observe(isOn: false, at: Self.at(200 + turn * 2))
            watch.observe(isOn: true, at: Self.at(201 + turn * 2))
        }
        #expect(watch.gaps.count == 100 && watch.gaps.last?.to == 2199)
    }
}
