import BPF
import EventFormat
import Glibc
import TestSupport
import Testing
import TextPatterns
import TraceProtocol
import Tracefs

@testable import AgentCore

/// This machine's verifier judges programs of all its events.
@Suite(.serialized, .enabled(if: PossiblePrograms.isPossible, "SKIPPED, not tested: needs root, tracefs and bpf(2)"))
struct CountingProgramTests {
    private static func formats() throws -> [EventFormat] {
        let root = try RealTracefs.root.get()
        return try root.events().filter { $0.system != "ftrace" }.compactMap { event in
            do {
                return try root.format(of: event)
            } catch {
                // Probes of other tests come and go.
                guard try !root.events().contains(event) else { throw error }
                return nil
            }
        }
    }

    private static func request(_ keys: [String], histogram: String = "") -> WireCountRequest {
        var request = WireCountRequest()
        (request.keys, request.histogram, request.tableLimit) = (keys, histogram, 8)
        return request
    }

    /// Has the kernel verify the program of an event.
    private static func verify(_ request: WireCountRequest, _ format: EventFormat, filter: String? = nil) throws {
        let name = try #require(EventName(system: format.system, name: format.name))
        let counted = try CountedEvents(
            request, [(name, format)], filters: filter.map { [name: $0] } ?? [:])
        let event = counted.events[0]
        let values = counted.values[0]
        let control = try ProgramControl(tables: 1)
        let program = try CountingProgram(
            .count, of: format, filter: filter, histogram: event.histogram,
            table: try ProgramTable(counted.keys[0], counted.shape, values), tableIndex: 0, control: control,
            beginnings: nil)
        _ = try BPFProgram(.tracepoint, program.code.assembled())
    }

    @Test("The kernel accepts the program of each field of a hundred events, as key, as histogram and in a filter")
    func fields() throws {
        let formats = try Self.formats()
        var verified = 0
        for (index, format) in formats.enumerated() where index % max(1, formats.count / 100) == 0 {
            for field in format.fields {
                guard (try? KeyPart(".\(field.name)", in: format)) != nil else { continue }
                do {
                    try Self.verify(Self.request([".\(field.name)", "comm"]), format)
                    verified += 1
                    var valued = Self.request(["cgroup", "tid"])
                    guard NumberField(field) != nil else {
                        try Self.verify(Self.request(["cpu"]), format, filter: "\(field.name) == \"some text\"")
                        continue
                    }
                    (valued.sums, valued.maxima) = ([field.name], [field.name])
                    try Self.verify(valued, format)
                    try Self.verify(
                        Self.request(["pid"], histogram: field.name), format,
                        filter: "\(field.name) > 5 || !(\(field.name) & 2)")
                } catch is KernelDeclined {
                    continue
                }
            }
        }
        #expect(verified > 200)
    }

    @Test("The kernel accepts latencies by one field, by two, by the CPU, and sums of all events")
    func matched() throws {
        let formats = try Self.formats().filter { $0.fullName.hasPrefix("sched:sched_wakeup") }
        let pair = try formats.prefix(2).map {
            (name: try #require(EventName(system: $0.system, name: $0.name)), format: $0)
        }
        for match in [["pid"], [".pid", "target_cpu"], ["cpu", "prio"]] {
            var request = Self.request(["comm"])
            (request.latency.entry, request.latency.exit) = ("\(pair[0].name)", "\(pair[1].name)")
            request.latency.match = match
            let parts = try EBPFPrograms(
                try CountedEvents(request, pair, filters: [:]), excluded: [], try RealTracefs.root.get())
            #expect(parts.programs.count == 2)
        }
        var request = Self.request([])
        request.sums = ["prio"]
        let all = try EBPFPrograms(
            try CountedEvents(request, pair, filters: [:]), excluded: [], try RealTracefs.root.get())
        #expect(all.tables.count == 2)
    }

    @Test("What the kernel does not hand to a program is declined")
    func declined() throws {
        let formats = try Self.formats()
        let format = try #require(formats.first { $0.fullName == "sched:sched_switch" })
        try Self.verify(Self.request(["common_pid", "prev_comm"]), format, filter: "prev_comm ~ \"a*\"")
        for (request, filter) in [
            (Self.request(["common_type"]), nil), (Self.request(["cpu"]), "common_flags == 1"),
            (Self.request(["cpu"]), "prev_comm ~ \"*a\""), (Self.request(["cpu"]), "nosuch == 1"),
        ] as [(WireCountRequest, String?)] {
            #expect(throws: KernelDeclined.self) { try Self.verify(request, format, filter: filter) }
        }
    }
}

private enum PossiblePrograms {
    static let isPossible: Bool =
        geteuid() == 0 && RealTracefs.isUsable
        && (try? BPFMap(.array, keySize: 4, valueSize: 8, entries: 1)) != nil
}
