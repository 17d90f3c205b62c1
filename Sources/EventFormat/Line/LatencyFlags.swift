/// The state of the processor at an event: `common_flags` and `common_preempt_count`, and the letters for them.
@frozen
public struct LatencyFlags: Sendable, Equatable {
    /// `TRACE_FLAG_*` of include/linux/trace_events.h.
    public let flags: UInt8
    /// Preemption depth in the low half, migration-disable depth in the high half.
    public let preemptCount: UInt8

    /// The two bytes of a record.
    @inlinable
    public init(flags: UInt8, preemptCount: UInt8) {
        self.flags = flags
        self.preemptCount = preemptCount
    }

    /// Interrupts were off.
    public var irqsOff: Bool { flags & 0x01 != 0 }
    /// A lazy reschedule was due (since Linux 6.13). Older kernels without interrupt flags used this bit for something
    /// else.
    public var needsLazyReschedule: Bool { flags & 0x02 != 0 }
    /// A reschedule was due.
    public var needsReschedule: Bool { flags & 0x04 != 0 }
    /// In a hardware interrupt.
    public var inHardIRQ: Bool { flags & 0x08 != 0 }
    /// In a software interrupt.
    public var inSoftIRQ: Bool { flags & 0x10 != 0 }
    /// A preemption was due.
    public var needsPreemption: Bool { flags & 0x20 != 0 }
    /// In a non-maskable interrupt.
    public var inNMI: Bool { flags & 0x40 != 0 }
    /// Bottom halves were off.
    public var bottomHalvesOff: Bool { flags & 0x80 != 0 }

    /// Appends the column, e.g. `dNh2.`: `trace_print_lat_fmt` of kernel/trace/trace_output.c.
    public func append(_ columns: FtraceColumns = .lazyReschedule, to out: inout TextBuffer) {
        guard columns != .withoutFlags else { return }
        out.reserve(5)
        out.put(irqLetter(columns))
        out.put(rescheduleLetter(columns))
        out.put(contextLetter)
        guard columns.rawValue >= FtraceColumns.migration.rawValue else {
            // All eight bits are one depth.
            if preemptCount == 0 { out.put(UInt8(ascii: ".")) } else { out.append(hex: UInt64(preemptCount)) }
            return
        }
        Self.append(depth: preemptCount & 0xf, to: &out)
        Self.append(depth: preemptCount >> 4, to: &out)
    }

    private static func append(depth: UInt8, to out: inout TextBuffer) {
        out.put(depth == 0 ? UInt8(ascii: ".") : depth < 10 ? 48 &+ depth : 87 &+ depth)
    }

    private func irqLetter(_ columns: FtraceColumns) -> UInt8 {
        let bottomHalvesOff = bottomHalvesOff && columns.rawValue >= FtraceColumns.bottomHalves.rawValue
        switch (irqsOff, bottomHalvesOff) {
        case (true, true): return UInt8(ascii: "D")
        case (true, false): return UInt8(ascii: "d")
        case (false, true): return UInt8(ascii: "b")
        case (false, false):
            // TRACE_FLAG_IRQS_NOSUPPORT had the bit before 6.13.
            return columns != .lazyReschedule && flags & 0x02 != 0 ? UInt8(ascii: "X") : UInt8(ascii: ".")
        }
    }

    private func rescheduleLetter(_ columns: FtraceColumns) -> UInt8 {
        switch (needsReschedule, needsPreemption, columns == .lazyReschedule && needsLazyReschedule) {
        case (true, true, true): UInt8(ascii: "B")
        case (true, true, false): UInt8(ascii: "N")
        case (false, true, true): UInt8(ascii: "L")
        case (true, false, true): UInt8(ascii: "b")
        case (true, false, false): UInt8(ascii: "n")
        case (false, false, true): UInt8(ascii: "l")
        case (false, true, false): UInt8(ascii: "p")
        case (false, false, false): UInt8(ascii: ".")
        }
    }

    private var contextLetter: UInt8 {
        switch (inNMI, inHardIRQ, inSoftIRQ) {
        case (true, true, _): UInt8(ascii: "Z")
        case (true, false, _): UInt8(ascii: "z")
        case (false, true, true): UInt8(ascii: "H")
        case (false, true, false): UInt8(ascii: "h")
        case (false, false, true): UInt8(ascii: "s")
        case (false, false, false): UInt8(ascii: ".")
        }
    }
}
