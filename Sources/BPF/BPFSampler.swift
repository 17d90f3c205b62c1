import CPerfEvent
import Glibc

/// A program that runs at each interrupt of a sampling counter on one CPU, until this is closed. The counter is stopped
/// at first.
public final class BPFSampler: Sendable {
    /// How often a counter interrupts.
    public enum Rate: Sendable, Equatable {
        /// Times a second.
        case frequency(UInt64)
        /// Once in so many events.
        case period(UInt64)
    }

    private let counter: ProgramCounter

    /// - Parameters:
    ///   - type: PERF_TYPE_...
    ///   - config: the event within its type.
    ///   - cpu: one that is online.
    public init(_ program: BPFProgram, type: UInt32, config: UInt64, _ rate: Rate, cpu: Int) throws(BPFError) {
        let (number, isFrequency): (UInt64, Int32) =
            switch rate {
            case .frequency(let number): (number, 1)
            case .period(let number): (number, 0)
            }
        let counter = perf_open_sampler(type, config, Int32(cpu), number, isFrequency)
        guard counter >= 0 else {
            let hint = isFrequency == 1 && counter == -EINVAL ? " (sysctl kernel.perf_event_max_sample_rate)" : ""
            throw .failed("no sampling counter can be opened\(hint)", errno: -counter)
        }
        self.counter = try ProgramCounter(counter, carrying: program)
    }

    /// Starts it.
    public func enable() throws(BPFError) {
        let code = perf_enable(counter.descriptor)
        guard code == 0 else { throw .failed("a sampling counter cannot be started", errno: -code) }
    }

    /// How long it has been on, ns. When its CPU goes offline the kernel takes the counter away for good
    /// (`perf_event_exit_cpu` in kernel/events/core.c): from then on this stands still. Nil when it cannot be read.
    public func timeOn() -> UInt64? {
        var words: (value: UInt64, enabled: UInt64) = (0, 0)
        let read = withUnsafeMutableBytes(of: &words) { perf_read(counter.descriptor, $0.baseAddress, $0.count) }
        return read == 16 ? words.enabled : nil
    }

    /// Stops it and detaches the program.
    public func close() { counter.close() }
}

/// Flags of `BPFHelper.stack` (include/uapi/linux/bpf.h).
public enum BPFStack {
    /// BPF_F_USER_STACK: of the program, not of the kernel.
    public static let isUser: Int32 = 1 << 8
}
