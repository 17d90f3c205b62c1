import EventFormat
import Foundation
import Testing
import TextPatterns
import TraceProtocol
import Tracefs

@testable import AgentCore

/// The records, made by hand, and the tally that counts them.
extension CountTallyTests {
    static let common = """
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
        \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;


        """

    static func format(_ name: String, id: Int, _ fields: String) throws -> EventFormat {
        try EventFormat(
            parsing: "name: \(name)\nID: \(id)\n\(common)\(fields)\nprint fmt: \"\"\n",
            system: name.hasPrefix("task_") ? "task" : "sys")
    }

    static func event(_ id: Int = 1) throws -> EventFormat {
        try format(
            "ev\(id)", id: id,
            """
            \tfield:int delta;\toffset:8;\tsize:4;\tsigned:1;
            \tfield:unsigned long size;\toffset:16;\tsize:8;\tsigned:0;
            \tfield:char name[8];\toffset:24;\tsize:8;\tsigned:0;
            \tfield:__data_loc char[] path;\toffset:32;\tsize:4;\tsigned:0;
            \tfield:unsigned long args[2];\toffset:40;\tsize:16;\tsigned:0;

            """)
    }

    static func naming() throws -> [EventFormat] {
        [
            try format(
                "task_newtask", id: 90,
                """
                \tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;
                \tfield:char comm[16];\toffset:12;\tsize:16;\tsigned:0;

                """),
            try format(
                "task_rename", id: 91,
                """
                \tfield:pid_t pid;\toffset:8;\tsize:4;\tsigned:1;
                \tfield:char oldcomm[16];\toffset:12;\tsize:16;\tsigned:0;
                \tfield:char newcomm[16];\toffset:28;\tsize:16;\tsigned:0;

                """),
        ]
    }

    struct Bytes {
        var bytes: [UInt8]

        init(type: UInt16, pid: Int32, size: Int) {
            bytes = Array(repeating: 0, count: size)
            put(type, at: 0)
            put(pid, at: 4)
        }

        mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
        }

        mutating func put(_ text: String, at offset: Int) {
            bytes.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
    }

    static func record(
        _ id: UInt16 = 1, pid: Int32 = 7, delta: Int32 = 0, size: UInt64 = 0, name: String = "", path: String = "",
        location: UInt32? = nil
    ) -> [UInt8] {
        var record = Bytes(type: id, pid: pid, size: 56)
        record.put(delta, at: 8)
        record.put(size, at: 16)
        record.put(name, at: 24)
        record.put(location ?? UInt32(path.utf8.count) << 16 | 56, at: 32)
        return record.bytes + path.utf8
    }

    static func rename(_ pid: Int32, _ old: String, _ new: String) -> [UInt8] {
        var record = Bytes(type: 91, pid: pid, size: 44)
        record.put(pid, at: 8)
        record.put(old, at: 12)
        record.put(new, at: 28)
        return record.bytes
    }

    static func newTask(_ pid: Int32, _ name: String) -> [UInt8] {
        var record = Bytes(type: 90, pid: 1, size: 28)
        record.put(pid, at: 8)
        record.put(name, at: 12)
        return record.bytes
    }

    static func tally(
        keys: [String] = [], hist: String = "", latency: Bool = false, limit: Int = 100, cpus: [Int] = [0, 1]
    ) throws -> CountTally {
        var order = WireCountRequest()
        order.keys = keys
        order.histogram = hist
        if latency {
            order.latency.entry = "sys:ev1"
            order.latency.exit = "sys:ev2"
        }
        let columns = try (latency ? [1, 2] : [1]).map { id in
            (shown: try #require(EventName(system: "sys", name: "ev\(id)")), format: try event(id))
        }
        return CountTally(
            try CountProgram(order, columns: columns, naming: try naming()), limit: limit, cpus: cpus)
    }

    static func ingest(_ record: [UInt8], _ tally: inout CountTally, at time: UInt64 = 0, cpu: Int = 0) {
        record.withUnsafeBytes { tally.ingest($0, time: time, cpu: cpu) }
    }

    static func counts(_ tally: borrowing CountTally) -> [String: UInt64] {
        Dictionary(
            uniqueKeysWithValues: tally.rows().map { row in
                let parts = row.key.map { key in
                    switch key.value {
                    case .number(let number): "\(number)"
                    case .unsigned(let number): "\(number)"
                    case .text(let text): String(decoding: text, as: UTF8.self)
                    case nil: "?"
                    }
                }
                return (row.other ? "other" : parts.joined(separator: "|"), row.count)
            })
    }
}
