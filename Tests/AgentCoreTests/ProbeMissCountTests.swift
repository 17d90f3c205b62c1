import Testing
import TextPatterns
import Tracefs

@testable import AgentCore

@Suite("What probes miss")
struct ProbeMissCountTests {
    private static let group = "fleetrace_00000000000000aa_0123abcd"
    private static let event = EventName(system: group, name: "in")!
    private static let shown = EventName(system: "probe", name: "in")!

    private func reading(
        misses: UInt64 = 0, calls: UInt64 = 0, returns: UInt64 = 0
    ) -> ProbeMissCount.Reading {
        .init(
            hits: [Self.event: ProbeHits(hits: 9, misses: misses)],
            returns: [Self.event: .init(calls: calls, returns: returns)])
    }

    private func missed(
        _ kind: DynamicEvent.Kind, from start: ProbeMissCount.Reading?, to end: ProbeMissCount.Reading,
        isNestingCut: Bool? = true
    ) -> [String] {
        var count = ProbeMissCount(shown: [Self.event: Self.shown])
        if let start { count.begin(start) }
        return count.missed(end, kinds: [Self.event: kind], isNestingCut: isNestingCut).map {
            "\($0.event.system):\($0.event.name) \($0.atMost ? "<=" : "")\($0.missed)"
        }
    }

    @Test("Misses of kprobes and kretprobes are those between start and stop")
    func kernel() {
        for kind in [DynamicEvent.Kind.kprobe, .kretprobe] {
            #expect(missed(kind, from: reading(misses: 5), to: reading(misses: 25)) == ["probe:in 20"])
            #expect(missed(kind, from: reading(misses: 5), to: reading(misses: 5)) == [])
            // Planted again: the kernel began anew.
            #expect(missed(kind, from: reading(misses: 5), to: reading(misses: 3)) == ["probe:in 3"])
            #expect(missed(kind, from: nil, to: reading(misses: 3)) == ["probe:in 3"])
        }
    }

    @Test("Calls without a return are missed only where the kernel says that it left returns out, or does not say")
    func programs() {
        let (start, end) = (reading(calls: 10, returns: 8), reading(calls: 110, returns: 72))
        #expect(missed(.uretprobe, from: start, to: end) == ["probe:in <=36"])
        #expect(missed(.uretprobe, from: start, to: end, isNestingCut: nil) == ["probe:in <=36"])
        #expect(missed(.uretprobe, from: start, to: end, isNestingCut: false) == [])
        // More returns than calls: they had begun before.
        #expect(missed(.uretprobe, from: start, to: reading(calls: 12, returns: 20)) == [])
        #expect(missed(.uprobe, from: start, to: end) == [])
    }

    @Test("A session without probes has nothing to read")
    func none() {
        #expect(ProbeMissCount(shown: [:]).isEmpty)
        #expect(!ProbeMissCount(shown: [Self.event: Self.shown]).hasUnreturned(reading(calls: 3, returns: 3)))
        #expect(ProbeMissCount(shown: [Self.event: Self.shown]).hasUnreturned(reading(calls: 4, returns: 3)))
    }

    @Test("The second probe of a uretprobe has a name that the kernel takes")
    func names() {
        #expect(ReturnCounters.double(of: Self.event).name == "in__returns")
        let long = EventName(system: Self.group, name: String(repeating: "a", count: 60))!
        #expect(ReturnCounters.double(of: long).name.utf8.count <= 63)
        #expect(ReturnCounters.double(of: long) != long)
    }

    @Test(
        "Counted triggers wait for the start",
        arguments: [
            ("stacktrace:3", true), ("stacktrace", false), ("traceoff:1 if pid == 1", true),
            ("traceoff if a:b == 1", false),
            ("traceon", true), ("enable_event:a:b", false), ("enable_event:a:b:1", true),
            ("hist:keys=pid:size=128", false),
        ])
    func triggers(text: String, isLate: Bool) throws {
        #expect(try SessionTrigger(text, SessionEvents(tracepoints: [], probes: [])).isLate == isLate)
    }
}
