import BPF
import EventFormat
import PerfCounters
import TextPatterns
import TraceProtocol
import Tracefs

extension EBPFCount {
    /// Counts what counters interrupt.
    static func samples(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs, remark: String
    ) throws -> EBPFCount {
        guard request.events.isEmpty else {
            throw WireRefusal(.unsupported, "sampled counters and events are counted apart from each other")
        }
        let sampled = request.count.sampled
        let events = try sampled.map { counter in
            guard CounterName.event(counter.counter) != nil, let name = EventName(system: "perf", name: "sample") else {
                throw WireRefusal(.unsupported, "no counter is called \(counter.counter)")
            }
            return (name, try EventFormat(parsing: sampleFormat, system: "perf"))
        }
        let counted = try CountedEvents(request.count, events, filters: [:], sampled: sampled)
        return try make(counted, request, delivery, in: tracefs, notes: [], remark: remark)
    }

    /// A sample has no fields besides what every event has.
    private static let sampleFormat = """
        name: sample
        ID: 0
        format:
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        print fmt: ""
        """
}

extension SampledCounter {
    /// On one CPU, stopped.
    func sampler(_ program: BPFProgram, cpu: Int) throws -> BPFSampler {
        guard let event = CounterName.event(counter) else { throw KernelDeclined("no counter is called \(counter)") }
        return try BPFSampler(
            program, type: event.type, config: event.config,
            isFrequency ? .frequency(number) : .period(number), cpu: cpu)
    }
}

extension CountedEvents {
    /// What names stacks; nil without any.
    func stackNames(_ generations: ProcessGenerations?) throws -> StackNames? {
        let hasKernel = hasStacks(ofPrograms: false)
        guard hasKernel || hasStacks(ofPrograms: true) else { return nil }
        return try StackNames(
            hasKernel: hasKernel, isSampled: events.contains { $0.sampled != nil }, generations: generations)
    }
}
