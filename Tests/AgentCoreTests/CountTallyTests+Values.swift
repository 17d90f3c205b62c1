import Foundation
import Testing
import TextPatterns
import TraceProtocol

@testable import AgentCore

/// Sums and greatest values beside the counts, and latencies that are matched by fields.
extension CountTallyTests {
    private static func valued(sums: [String], maxima: [String], limit: Int = 100) throws -> CountTally {
        var request = WireCountRequest()
        (request.keys, request.sums, request.maxima) = (["name"], sums, maxima)
        let name = try #require(EventName(system: "sys", name: "ev1"))
        return CountTally(
            try CountProgram(request, columns: [(name, try event())], naming: []), limit: limit, cpus: [0])
    }

    @Test("Sums with and without a sign and beyond 64 bits, and greatest values, of negative numbers too, by key")
    func values() throws {
        var tally = try Self.valued(sums: ["delta", "size"], maxima: ["size", "delta"], limit: 2)
        for (name, delta, size) in [("a", -5, .max), ("a", -7, .max), ("b", 3, 9), ("c", 4, 8), ("d", 6, 1)]
            as [(String, Int32, UInt64)]
        {
            Self.ingest(Self.record(delta: delta, size: size, name: name), &tally)
        }
        let rows = tally.rows()
        #expect(rows.map { $0.sums.map(\.number) } == [[-12, 2 * Int128(UInt64.max)], [3, 9], [10, 9]])
        #expect(rows.map { $0.maxima.map(\.number) } == [[Int128(UInt64.max), -5], [9, 3], [8, 6]])
        #expect(rows.map(\.other) == [false, false, true])
    }

    @Test("What is no number has no sum and no maximum, and the refusal lists the fields")
    func noValues() throws {
        for (sums, maxima) in [(["name"], []), ([], ["path"]), (["nosuch"], []), ([], ["args"])] {
            let refusal = #expect(throws: WireRefusal.self) {
                _ = try Self.valued(sums: sums, maxima: maxima).rows()
            }
            #expect(refusal?.code == .unknownField)
        }
    }

    @Test("An event that names a task is counted under the name before it, and names the task")
    func countedNames() throws {
        var request = WireCountRequest()
        request.keys = ["comm"]
        let naming = try Self.naming()
        let rename = try #require(EventName(system: "task", name: "task_rename"))
        var tally = CountTally(
            try CountProgram(request, columns: [(rename, naming[1])], naming: naming), limit: 100, cpus: [0])
        tally.setNames([7: "last"], readAt: 50)
        Self.ingest(Self.rename(7, "first", "second"), &tally, at: 10)
        Self.ingest(Self.rename(7, "second", "last"), &tally, at: 20)
        tally.settle(cpu: 0, through: 100)
        let names = tally.rows().compactMap { row in
            row.key.first.map { String(decoding: $0.text, as: UTF8.self) }
        }
        #expect(names.sorted() == ["first", "second"])
    }

    private static func matched(_ match: [String]) throws -> CountTally {
        var request = WireCountRequest()
        (request.latency.entry, request.latency.exit, request.latency.match) = ("sys:ev1", "sys:ev2", match)
        let columns = try [1, 2].map { id in
            (shown: try #require(EventName(system: "sys", name: "ev\(id)")), format: try event(id))
        }
        return CountTally(try CountProgram(request, columns: columns, naming: []), limit: 100, cpus: [0, 1])
    }

    @Test("Entries and exits of other threads, on other CPUs and of the idle task belong together by their fields")
    func matching() throws {
        var tally = try Self.matched(["size", "delta"])
        Self.ingest(Self.record(1, pid: 5, delta: -1, size: 70), &tally, at: 100, cpu: 0)
        Self.ingest(Self.record(1, pid: 5, delta: -2, size: 70), &tally, at: 110, cpu: 0)
        Self.ingest(Self.record(2, pid: 0, delta: -1, size: 70), &tally, at: 104, cpu: 1)
        Self.ingest(Self.record(2, pid: 0, delta: -2, size: 70), &tally, at: 127, cpu: 1)
        Self.ingest(Self.record(2, pid: 5, delta: -1, size: 70), &tally, at: 130, cpu: 1)
        for cpu in [0, 1] { tally.settle(cpu: cpu, through: 200) }
        #expect(Self.counts(tally) == ["2": 1, "5": 1])
        #expect(tally.unmatched == 1 && tally.uncounted == 0)
    }

    @Test("By CPU; a text or a cgroup does not match")
    func matchingByCPU() throws {
        var tally = try Self.matched(["cpu"])
        for cpu in [0, 1] { Self.ingest(Self.record(1, pid: 0), &tally, at: UInt64(100 + cpu), cpu: cpu) }
        for cpu in [0, 1] { Self.ingest(Self.record(2, pid: 0), &tally, at: UInt64(102 + 2 * cpu), cpu: cpu) }
        for cpu in [0, 1] { tally.settle(cpu: cpu, through: 200) }
        #expect(Self.counts(tally) == ["1": 1, "2": 1])
        for name in ["name", "path", "comm", "cgroup", "nosuch"] {
            #expect(throws: WireRefusal.self) { _ = try Self.matched([name]).rows() }
        }
    }
}
