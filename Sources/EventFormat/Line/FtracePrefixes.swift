/// Writes the part of a line of the kernel's `trace` file that precedes the event, and caches it. Most events have the
/// same task, CPU and flags as a recent one and differ only in their microseconds.
///
/// Confined to one thread. The text is that of `FtraceLine.appendPrefix`.
public struct FtracePrefixes: ~Copyable {
    private struct Slot {
        /// pid, flags, preemption count and CPU.
        var key: UInt64
        var columns: FtraceColumns
        var name: (UInt64, UInt64)
        /// Bytes of the text; 0 for an empty slot.
        var length: Int
        var text: Text
    }

    /// 48 bytes.
    private typealias Text = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

    private static let slotCount = 128
    private static let textSize = MemoryLayout<Text>.size
    private static let empty = Slot(key: 0, columns: .narrow, name: (0, 0), length: 0, text: (0, 0, 0, 0, 0, 0))
    private let slots = UnsafeMutablePointer<Slot>.allocate(capacity: slotCount)
    /// ` %5lu.` of `second`.
    private var seconds = TextBuffer(capacity: 64)
    private var second = UInt64.max

    public init() {
        slots.initialize(repeating: Self.empty, count: Self.slotCount)
    }

    deinit { slots.deallocate() }

    /// Appends the prefix of an event, times in ns.
    ///
    /// - Parameter task: the name, which has `nameLength` bytes, followed by zeros.
    public mutating func append(
        task name: (UInt64, UInt64), nameLength: Int, pid: Int32, cpu: UInt32, flags: LatencyFlags, timestamp: UInt64,
        columns: FtraceColumns = .lazyReschedule, to out: inout TextBuffer
    ) {
        let key =
            UInt64(UInt32(bitPattern: pid)) | UInt64(flags.flags) << 32 | UInt64(flags.preemptCount) << 40
            | UInt64(UInt16(truncatingIfNeeded: cpu)) << 48
        let slot = slots + Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 57)
        out.reserve(Self.textSize + 48)
        // A key has 16 bits for the CPU. Prefixes of larger CPU numbers are not cached.
        let isKept =
            slot.pointee.key == key && slot.pointee.name == name && slot.pointee.columns == columns
            && slot.pointee.length > 0
        if isKept, cpu <= UInt16.max {
            out.put(slot.pointee.text, count: slot.pointee.length)
        } else {
            let start = out.count
            withUnsafeBytes(of: name) {
                FtraceLine.appendContext(
                    task: UnsafeRawBufferPointer(rebasing: $0[..<nameLength]), pid: pid, cpu: Int(cpu), flags: flags,
                    columns: columns, width: 16, to: &out)
            }
            keep(out.bytes[start...], key, name, cpu, columns, in: slot)
        }
        append(time: timestamp, to: &out)
    }

    private func keep(
        _ text: Slice<UnsafeRawBufferPointer>, _ key: UInt64, _ name: (UInt64, UInt64), _ cpu: UInt32,
        _ columns: FtraceColumns, in slot: UnsafeMutablePointer<Slot>
    ) {
        guard text.count <= Self.textSize, cpu <= UInt16.max else { return }
        var kept = Self.empty
        kept.key = key
        kept.columns = columns
        kept.name = name
        kept.length = text.count
        withUnsafeMutableBytes(of: &kept.text) { $0.copyBytes(from: text) }
        slot.pointee = kept
    }

    /// Like `FtraceLine.append(time:)`, followed by `: `.
    private mutating func append(time: UInt64, to out: inout TextBuffer) {
        let (rounded, overflow) = time.addingReportingOverflow(500)
        let microseconds = (overflow ? time : rounded) / 1000
        let whole = microseconds / 1_000_000
        if whole != second {
            second = whole
            seconds.removeAll()
            seconds.append(32)
            seconds.append(decimal: whole, column: 5)
            seconds.append(UInt8(ascii: "."))
        }
        // A 64-bit number of ns has at most 11 digits before the point, so 16 bytes are enough.
        out.reserve(32)
        out.append(padded: seconds.start, count: seconds.count)
        out.put(sixDigits: microseconds &- whole &* 1_000_000)
        out.put(UInt8(ascii: ":"))
        out.put(32)
    }
}
