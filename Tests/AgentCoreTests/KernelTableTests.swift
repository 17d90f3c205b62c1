import EventFormat
import Testing
import TraceProtocol
import Tracefs

@testable import AgentCore

/// The kernel's own tables: what it is told, and what it prints.
struct KernelTableTests {
    /// As Linux 6.1 prints a `hist` file (`hist_trigger_show` in kernel/trace/trace_events_hist.c).
    private static func file(_ info: String, _ rows: [String], dropped: Int = 0) -> [UInt8] {
        Array(
            """
            # event histogram
            #
            # trigger info: \(info)
            #

            \(rows.joined(separator: "\n"))

            Totals:
                Hits: 7
                Entries: \(rows.count)
                Dropped: \(dropped)


            """.utf8)
    }

    private static func texts(_ rows: [KernelTable.Row]) -> [String: UInt64] {
        Dictionary(
            uniqueKeysWithValues: rows.map {
                ($0.keys.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "|"), $0.count)
            })
    }

    @Test("Numbers, two keys, what was dropped, and several tables of one event by their conditions")
    func tables() throws {
        let text =
            Self.file(
                "hist:keys=sig,common_cpu:vals=hitcount:sort=hitcount:size=4096 if comm == \"x\" [active]",
                [
                    "{ sig:         18, common_cpu:          1 } hitcount:         50",
                    "{ sig:          0, common_cpu: 18446744073709551615 } hitcount:        320",
                ], dropped: 4)
            + Self.file("hist:keys=sig,common_cpu:vals=hitcount:sort=hitcount:size=128 [paused]", [])
        let tables = try KernelTable.all(in: text, names: ["sig", "common_cpu"], texts: nil)
        #expect(tables.count == 2)
        #expect(Self.texts(tables[0].rows) == ["18|1": 50, "0|18446744073709551615": 320])
        #expect(tables[0].dropped == 4 && tables[1].dropped == 0)
        #expect(tables.map { String(decoding: $0.condition, as: UTF8.self) } == ["comm == \"x\"", ""])
    }

    @Test("Names of tasks that look like rows do not become any")
    func hostileNames() throws {
        let names = [
            "plain", "a } hitcount: 9", "two\nlines", "\n", "\n{ next_comm: x", "{ x", ", pid:  5", "Totals:", "",
        ]
        let rows = names.map { "{ next_comm: \($0.padding(16)), pid:        7 } hitcount:          3" }
        let info = "hist:keys=next_comm,pid:vals=hitcount:sort=hitcount:size=4096 [active]"
        let tables = try KernelTable.all(in: Self.file(info, rows), names: ["next_comm", "pid"], texts: 0)
        #expect(tables[0].rows.map { String(decoding: $0.keys[0], as: UTF8.self) } == names)
        #expect(tables[0].rows.allSatisfy { $0.count == 3 && $0.keys[1] == Array("7".utf8) })
    }

    @Test("What is no table is an error, not a count")
    func malformed() {
        for row in ["{ other: 1 } hitcount: 1", "{ sig: 1 } hitcount: x", "{ sig: 1"] {
            #expect(throws: WireRefusal.self) {
                _ = try KernelTable.all(in: Self.file("hist:keys=sig [active]", [row]), names: ["sig"], texts: nil)
            }
        }
    }
}

extension String {
    fileprivate func padding(_ width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }
}
