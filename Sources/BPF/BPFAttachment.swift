import CLinux
import CPerfEvent
import Glibc

/// A program that runs at each event of a tracepoint, on all CPUs, until this is closed.
///
/// The program belongs to the event, not to the counter that attaches it (`perf_event_attach_bpf_prog` in
/// kernel/trace/bpf_trace.c): one counter on any CPU is enough, CPUs may come and go, and the counter's own filter means
/// nothing to the program. The counter stays disabled.
public final class BPFAttachment: Sendable {
    private let counter: ProgramCounter

    /// - Parameters:
    ///   - id: the number in the event's `id` file.
    ///   - cpu: one that is online.
    public init(_ program: BPFProgram, toEvent id: Int, cpu: Int) throws(BPFError) {
        let counter = perf_open_counter(PERF_TYPE_TRACEPOINT.rawValue, UInt64(id), Int32(cpu), -1, 0)
        guard counter >= 0 else { throw .failed("no counter of the event can be opened", errno: -counter) }
        self.counter = try ProgramCounter(counter, carrying: program)
    }

    /// At each call of a tracepoint, whether it has an event or not (BPF_RAW_TRACEPOINT_OPEN).
    ///
    /// - Throws: ENOENT for a name that no tracepoint has.
    public init(_ program: BPFProgram, toRawTracepoint name: String) throws(BPFError) {
        let link = bpf_open_raw_tracepoint(program.descriptor, name)
        guard link >= 0 else {
            let what =
                link == -EINVAL
                ? "the tracepoint \(name) has fewer arguments than are used" : "the tracepoint \(name) cannot be used"
            throw .failed(what, errno: -link)
        }
        counter = ProgramCounter(link: link)
    }

    /// Detaches the program. The kernel waits for those that use the event, about 20 ms.
    public func close() { counter.close() }
}
