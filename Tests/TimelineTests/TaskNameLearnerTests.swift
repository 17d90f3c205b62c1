import EventFormat
import TestSupport
import Testing
import TraceProtocol

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
        event.withUnsafeBytes { TaskNameLearner(catalog).learn(.before, from: $0, type: type, at: 5, into: table) }
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

    // MARK: Names in the order of time

    private static let rename = """
        name: task_rename
        ID: 9
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
        \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        \tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;
        \tfield:char oldcomm[16];\toffset:12;\tsize:16;\tsigned:0;
        \tfield:char newcomm[16];\toffset:28;\tsize:16;\tsigned:0;

        print fmt: "pid=%d", REC->pid
        """

    private func padded(_ name: String) -> [UInt8] {
        Array(name.utf8) + Array(repeating: 0, count: 16 - name.utf8.count)
    }

    private func metadata(_ names: [UInt32: String], asOf: Int64, since: Int64) -> WireNodeMetadata {
        .with { metadata in
            metadata.comms = names.map { pid, name in
                .with {
                    $0.pid = pid
                    $0.comm = .init(name.utf8)
                }
            }
            metadata.commsAsOf = asOf
            metadata.commsSince = since
        }
    }

    private func shown(_ renderer: NodeRenderer, _ event: [UInt8], at time: UInt64, isLearning: Bool = true) -> String {
        event.withUnsafeBytes { bytes in
            renderer.task(of: bytes, at: time, isLearning: isLearning).withBytes { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test("A rename counts behind its event, whatever the kernel's table states meanwhile")
    func renames() {
        let names = NodeTaskNames()
        let renderer = NodeRenderer(EventCatalog(formats: [("sched", Self.exit), ("task", Self.rename)]), tasks: names)
        let call = [5, 0, 0, 0] + Self.bytes(300)
        func renaming(_ old: String, _ new: String) -> [UInt8] {
            [9, 0, 0, 0] + Self.bytes(300) + Self.bytes(300) + padded(old) + padded(new)
        }
        names.add(metadata([300: "sh"], asOf: 10, since: 0))
        // Read when the task had been renamed twice, and here before the events of that time.
        names.add(metadata([300: "two", 301: "other"], asOf: 100, since: 50))
        #expect(shown(renderer, call, at: 60) == "sh")
        #expect(shown(renderer, renaming("sh", "one"), at: 70) == "sh")
        #expect(shown(renderer, call, at: 71) == "one")
        #expect(shown(renderer, renaming("one", "two"), at: 80) == "one")
        #expect(shown(renderer, renaming("two", "three"), at: 90) == "two")
        // The table's name is as old as that, or older.
        #expect(shown(renderer, call, at: 110) == "three")
        // Nobody has seen how it got this name: the pid has another task.
        names.add(metadata([300: "new"], asOf: 200, since: 150))
        #expect(shown(renderer, call, at: 190) == "three")
        #expect(shown(renderer, call, at: 200) == "new")
        // The kernel's own lines have the kernel's own table.
        names.add(metadata([300: "late"], asOf: 900, since: 800))
        #expect(shown(renderer, call, at: 201, isLearning: false) == "late")
    }

    @Test("Without events that tell, a name counts from the reading before, and a new task has it at once")
    func tableAlone() {
        let names = NodeTaskNames()
        names.taught = .nothing
        names.add(metadata([300: "sh"], asOf: 10, since: 0))
        names.add(metadata([300: "ls", 301: "cat"], asOf: 100, since: 50))
        #expect(text(names, 300) == "sh")
        #expect(text(names, 301) == "cat")
        names.advance(to: 49, isLearning: true)
        #expect(text(names, 300) == "sh")
        names.advance(to: 50, isLearning: true)
        #expect(text(names, 300) == "ls")
    }
}
