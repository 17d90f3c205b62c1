import EventFormat
import TestSupport
import Testing

@testable import Timeline

@Suite struct TaskNameLearnerTests {
    private func text(_ table: NodeTaskNames, _ pid: Int32) -> String {
        table.name(of: pid).withBytes { String(decoding: $0, as: UTF8.self) }
    }

    private static let exec = """
        name: sched_process_exec
        ID: 7
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
        \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        \tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
        \tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;

        print fmt: "filename=%s pid=%d", __get_str(filename), REC->pid
        """

    private static let exit = """
        name: sched_process_exit
        ID: 8
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
        \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        \tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;
        \tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;

        print fmt: "comm=%s pid=%d", REC->comm, REC->pid
        """

    private static func bytes(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private let catalog = EventCatalog(formats: [("sched", exec), ("sched", exit)])

    private func learn(_ event: [UInt8], _ type: Int, _ table: NodeTaskNames) {
        event.withUnsafeBytes { TaskNameLearner(catalog).learn(from: $0, type: type, into: table) }
    }

    @Test func execAndExitNameTheirTask() {
        let table = NodeTaskNames()
        let path = Array("/usr/bin/uname\0".utf8)
        let location = UInt32(16) | UInt32(path.count) << 16
        learn([7, 0, 0, 0] + Self.bytes(9) + Self.bytes(location) + Self.bytes(399) + path, 7, table)
        #expect(text(table, 399) == "uname")
        let name = Array("a name of 15 ch".utf8) + [0]
        learn([8, 0, 0, 0] + Self.bytes(9) + name + Self.bytes(400), 8, table)
        #expect(text(table, 400) == "a name of 15 ch")
        #expect(text(table, 401) == "<...>")
    }

    @Test func damagedEventsTeachNothing() {
        let table = NodeTaskNames()
        var generator = SplitMix64(seed: 5)
        for _ in 0..<20_000 {
            let length = Int(generator.next() % 40)
            let event = (0..<length).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            learn(event, 7 + Int(generator.next() % 3), table)
        }
        // A location outside the event.
        learn([7, 0, 0, 0] + Self.bytes(9) + Self.bytes(0xFFFF_0010) + Self.bytes(402), 7, table)
        #expect(text(table, 402) == "<...>")
    }
}
