import CLinux
import Glibc

/// A program in the kernel that the verifier has accepted. It is gone with this process.
public final class BPFProgram: Sendable {
    /// What it is attached to, and so what it gets (include/uapi/linux/bpf.h, `enum bpf_prog_type`).
    public enum Kind: UInt32, Sendable {
        /// The registers at a kprobe or uprobe.
        case probe = 2
        /// The record of a tracepoint. Its first 8 bytes, with the type and the task's number, are not there.
        case tracepoint = 5
        /// The arguments of a tracepoint, 64 bits each.
        case rawTracepoint = 17
        /// The registers of what a sampling counter interrupted, and its period.
        case sample = 7
    }

    /// Of all programs and maps, as bpftool shows it.
    static let name = "fleetrace"
    /// Bytes of the verifier's text, and how many lines of its end are kept.
    private static let logSize = 1 << 18
    private static let keptLines = 3

    let descriptor: Int32

    /// Has the kernel verify and translate a program.
    public init(_ kind: Kind, _ instructions: [BPFInstruction]) throws(BPFError) {
        var descriptor = Self.load(kind, instructions, log: nil)
        if descriptor < 0 {
            // Once more, only now for the reason: the text costs time.
            var log = [CChar](repeating: 0, count: Self.logSize)
            descriptor = log.withUnsafeMutableBufferPointer { Self.load(kind, instructions, log: $0) }
            guard descriptor >= 0 else { throw .rejected(errno: -descriptor, lines: Self.lastLines(log)) }
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    private static func load(
        _ kind: Kind, _ instructions: [BPFInstruction], log: UnsafeMutableBufferPointer<CChar>?
    ) -> Int32 {
        bpf_load_program(
            kind.rawValue, instructions, UInt32(instructions.count), name, log?.baseAddress,
            UInt32(log?.count ?? 0))
    }

    private static func lastLines(_ log: [CChar]) -> [String] {
        let text = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // The very last lines are statistics.
        let lines = text.split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("processed ") && !$0.hasPrefix("verification time") && !$0.hasPrefix("stack depth")
        }
        return Array(lines.suffix(keptLines))
    }

    /// Events at which the kernel did not run it, because it ran another program or wrote to a map on that CPU. For
    /// programs of perf events it is counted since Linux 6.7 (`trace_call_bpf` in kernel/trace/bpf_trace.c).
    public func misses() throws(BPFError) -> UInt64 {
        var misses: UInt64 = 0
        let code = bpf_program_misses(descriptor, &misses)
        guard code == 0 else { throw .failed("the kernel does not say what a program missed", errno: -code) }
        return misses
    }

    /// Before Linux 5.11 maps count against RLIMIT_MEMLOCK of this process, so it is lifted.
    public static func liftMemoryLimit() { _ = bpf_lift_memory_limit() }
}
