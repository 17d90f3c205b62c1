import EventFormat
import Testing
import TextPatterns
import TraceProtocol
import Tracefs

@testable import AgentCore

/// What a kernel is told for latencies, as Linux 6.1 takes it.
struct LatencyTablesTests {
    private static func tables(_ keys: [String], limit: UInt32 = 0) throws -> LatencyTables {
        let format = try EventFormat(
            parsing: """
                name: leave
                ID: 7
                format:
                \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
                \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

                \tfield:int ret;\toffset:8;\tsize:4;\tsigned:1;
                \tfield:unsigned long cpu;\toffset:16;\tsize:8;\tsigned:0;
                \tfield:char name[8];\toffset:24;\tsize:8;\tsigned:0;

                print fmt: ""

                """, system: "sys")
        var order = WireCountRequest()
        order.keys = keys
        order.tableLimit = limit
        let (entry, exit) = (
            try #require(EventName(system: "sys", name: "enter")), try #require(EventName(system: "sys", name: "leave"))
        )
        return try LatencyTables(
            order, group: ProbeGroup(InstanceName(node: "a", session: 1)), entry: entry, exit: exit, exitFormat: format,
            filters: [exit: "ret < 0 || ret > 3"], clock: "mono_raw", cpus: 200)
    }

    @Test("Three synthetic events, five triggers; only those without variables are paused")
    func texts() throws {
        let tables = try Self.tables(["ret", "pid"])
        let own = "fleetrace_0000000000000001_e40c292c"
        #expect(
            tables.definitions == [
                "s:\(own)_started u64 at", "s:\(own)_ended u64 at; u32 key0", "s:\(own)_timed u64 twice; u32 key0",
            ])
        #expect(
            tables.entry.text("pause")
                == "hist:keys=common_cpu:clock=mono_raw:size=256:onmatch(sys.enter).trace(\(own)_started,common_timestamp)"
                + ":pause if common_pid != 0")
        #expect(
            tables.exit.text()
                == "hist:keys=common_cpu:clock=mono_raw:size=256:onmatch(sys.leave).trace(\(own)_ended,common_timestamp,ret)"
                + " if common_pid != 0 && (ret < 0 || ret > 3)")
        #expect(tables.beginnings.text() == "hist:keys=common_pid:begin=at+at:size=32768")
        #expect(
            tables.matching.text()
                == "hist:keys=common_pid:twice=at+at-$begin:size=32768:onmatch(synthetic.\(own)_started)"
                + ".trace(\(own)_timed,$twice,key0)")
        #expect(tables.latencies.text() == "hist:keys=key0,common_pid,twice.log2:size=4096")
        #expect(tables.names == ["key0", "common_pid", "twice"])
    }

    @Test(
        "What its tables would tell otherwise is left to decoding",
        arguments: [("comm", UInt32(0)), ("name", 0), (".cpu", 0), ("ret", 100)])
    func declined(_ key: String, _ limit: UInt32) {
        #expect(throws: KernelDeclined.self) { _ = try Self.tables([key], limit: limit) }
    }

    @Test("A key that is no field of the exit is refused, with its fields")
    func unknownField() {
        let error = #expect(throws: WireRefusal.self) { _ = try Self.tables(["nosuch"]) }
        #expect(error?.text.contains("it has ret, cpu, name") == true)
    }
}
