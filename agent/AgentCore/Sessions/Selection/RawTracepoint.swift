import EventFormat
import TextPatterns
import TraceProtocol

/// A tracepoint as the kernel's code calls it, `rawtp:sched_switch`: a program of eBPF gets the arguments of the call,
/// in the order of include/trace/events, and no record. It can only be counted.
enum RawTracepoint {
    static let system = "rawtp"

    /// MAX_BPF_FUNC_ARGS of include/linux/bpf.h. The kernel refuses a program that uses more than a tracepoint has.
    private static let arguments = 12

    static func isRaw(_ pattern: String) -> Bool { pattern.hasPrefix("\(system):") }

    /// Nil for any other pattern of events.
    static func event(_ pattern: String) throws(WireRefusal) -> EventName? {
        guard isRaw(pattern) else { return nil }
        guard let event = EventName(pattern) else {
            throw WireRefusal(
                .unknownEvent, "\"\(pattern)\": a raw tracepoint has its whole name, as rawtp:sched_switch")
        }
        return event
    }

    /// Its arguments as fields, `arg0` and so on. They begin where the fields of a record do.
    static func format(_ event: EventName) throws -> EventFormat {
        let fields = (0..<arguments).map { "\tfield:u64 arg\($0);\toffset:\(8 + 8 * $0);\tsize:8;\tsigned:0;\n" }
        return try EventFormat(
            parsing: "name: \(event.name)\nID: 0\nformat:\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
                + fields.joined() + "\nprint fmt: \"\"\n", system: system)
    }
}

extension EventFormat {
    /// Of the arguments of a raw tracepoint.
    var isRaw: Bool { system == RawTracepoint.system }
}
