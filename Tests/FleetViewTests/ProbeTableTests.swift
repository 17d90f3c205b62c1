import FleetView
import Testing
import TraceProtocol

@Suite("The outcomes of probes")
struct ProbeTableTests {
    private static let probe = "kprobe:do_filp_open dfd=%di:s32"

    private static func planted(_ way: String, _ fields: [(String, UInt32)]) -> WireProbeReportGroup.OneOf_Outcome {
        checked {
            $0.planted.event.system = "probe"
            $0.planted.event.name = "do_filp_open"
            $0.planted.planted = way
            $0.planted.fields = fields.map { declaration, offset in
                .with {
                    $0.declaration = declaration
                    $0.offset = offset
                }
            }
        }
    }

    private static func refused(_ text: String, _ detail: String = "") -> WireProbeReportGroup.OneOf_Outcome {
        checked {
            $0.refusal.text = text
            $0.refusal.detail = detail
        }
    }

    private static func checked(_ check: (inout WireProbeCheck) -> Void) -> WireProbeReportGroup.OneOf_Outcome {
        .checked(.with { $0.checks = [.with { check(&$0) }] })
    }

    private static func table(_ groups: [([String], WireProbeReportGroup.OneOf_Outcome)]) -> ProbeTable {
        let report = WireProbeReport.with {
            $0.groups = groups.map { nodes, outcome in
                .with {
                    $0.nodes = nodes
                    $0.outcome = outcome
                }
            }
        }
        return ProbeTable(report, probes: [probe])
    }

    @Test("Nodes whose records have another layout stand in a row of their own, and a line says so")
    func layouts() {
        let table = Self.table([
            (["old-1"], Self.planted("ftrace", [("unsigned long __probe_ip", 8), ("s32 dfd", 16)])),
            (["new-1", "new-2"], Self.planted("ftrace", [("unsigned long __probe_ip", 8), ("s32 dfd", 12)])),
        ])
        #expect(table.nodes == 3 && table.refusals.isEmpty)
        #expect(
            table.lines == [
                "PROBE                            NODES         PLANTED  RECORD, OR WHY NOT",
                "kprobe:do_filp_open dfd=%di:s32  new-1, new-2  ftrace   "
                    + "probe:do_filp_open: unsigned long __probe_ip @8, s32 dfd @12",
                "                                 old-1         ftrace   "
                    + "probe:do_filp_open: unsigned long __probe_ip @8, s32 dfd @16",
                "", "\(Self.probe): its record has 2 layouts on these nodes; see the rows",
            ])
    }

    @Test("Another way to plant it is another outcome, but not another layout")
    func ways() {
        let fields = [("unsigned long __probe_ip", UInt32(8))]
        let table = Self.table([(["a"], Self.planted("ftrace", fields)), (["b"], Self.planted("int3", fields))])
        #expect(table.lines.count == 3)
    }

    @Test("Refusals are grouped, named and followed by the kernel's own text")
    func refusals() {
        let table = Self.table([
            (["a", "b"], Self.planted("ftrace", [])),
            (["c"], Self.refused("this kernel has no kprobes")),
            (["d"], Self.refused("the kernel says: Invalid argument", "  p:x y z\n        ^")),
        ])
        #expect(table.refusals == ["c", "d"])
        #expect(table.lines.count == 8)
        #expect(table.lines[2].hasSuffix("c      no       this kernel has no kprobes"))
        #expect(
            table.lines.suffix(3) == [
                "\(Self.probe), d: the kernel says: Invalid argument", "  p:x y z", "        ^",
            ])
    }
}
