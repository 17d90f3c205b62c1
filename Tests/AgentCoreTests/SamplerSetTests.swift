import BPF
import EventFormat
import Glibc
import SystemFacts
import TestSupport
import Testing
import TextPatterns
import TraceProtocol

@testable import AgentCore

/// Sampling counters on CPUs that come and go. What the kernel does to those of an offline CPU is in the lab's tests.
@Suite(.serialized, .enabled(if: SampledCPUs.isPossible, "SKIPPED, not tested: needs root, bpf(2) and two CPUs"))
struct SamplerSetTests {
    @Test("A CPU that comes online is sampled from then on, one that goes is not; counters not started yet stay")
    func follow() throws {
        let cpus = Array(try CPUList.online().cpus.prefix(2))
        let sampled = SampledCPUs(try SampledCPUs.programs())
        var samplers = sampled.programs.samplers
        try samplers.follow(online: [cpus[0]])
        try samplers.follow(online: [cpus[0]])
        sampled.programs.control.isCounting = true
        try samplers.enable()
        #expect(sampled.wait(for: cpus[0]) && sampled.count(of: cpus[1]) == 0)
        try samplers.follow(online: cpus)
        #expect(sampled.wait(for: cpus[0]) && sampled.wait(for: cpus[1]))
        try samplers.follow(online: [cpus[1]])
        let last = sampled.count(of: cpus[0])
        #expect(sampled.wait(for: cpus[1]) && sampled.count(of: cpus[0]) == last)
        samplers.close()
        let all = cpus.map(sampled.count)
        usleep(20_000)
        #expect(cpus.map(sampled.count) == all)
    }

    @Test("Without samples there is nothing to open")
    func none() throws {
        var samplers = try SamplerSet([], online: [0])
        try samplers.enable()
        try samplers.follow(online: [0, 1])
        #expect(samplers.isEmpty)
    }
}

/// A table of samples by CPU, many a second.
private struct SampledCPUs {
    let programs: EBPFPrograms

    static let isPossible =
        geteuid() == 0 && (try? CPUList.online().cpus.count) ?? 0 >= 2 && RealTracefs.isUsable
        && (try? BPFMap(.array, keySize: 4, valueSize: 8, entries: 1)) != nil

    init(_ programs: EBPFPrograms) { self.programs = programs }

    static func programs() throws -> EBPFPrograms {
        var request = WireCountRequest()
        (request.keys, request.tableLimit) = (["cpu"], 128)
        let counter = try #require(SampledCounter("cpu-clock/freq=1000/"))
        let name = try #require(EventName(system: "perf", name: "sample"))
        let format = try EventFormat(
            parsing: """
                name: sample
                ID: 0
                format:
                \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

                print fmt: ""
                """, system: "perf")
        let counted = try CountedEvents(request, [(name, format)], filters: [:], sampled: [counter])
        return try EBPFPrograms(counted, excluded: [], RealTracefs.root.get())
    }

    func count(of cpu: Int) -> UInt64 {
        programs.tables[0].rows(column: 0).rows.first { $0.key.first?.number == Int64(cpu) }?.count ?? 0
    }

    /// Until it has ten more samples, for ten seconds at most.
    func wait(for cpu: Int) -> Bool {
        let wanted = count(of: cpu) + 10
        for _ in 0..<1000 where count(of: cpu) < wanted { usleep(10_000) }
        return count(of: cpu) >= wanted
    }
}
