/// Names of tasks by pid, from a node's `saved_cmdlines`. The kernel prints them at the start of each event's line.
public final class SavedCommandLines: @unchecked Sendable {
    // Unchecked: only `init` writes the memory behind the view.
    let view: View
    /// Number of tasks with a name.
    public let count: Int

    /// TASK_COMM_LEN of include/linux/sched.h, without the NUL.
    static let maximumLength = 15

    struct Slot {
        var pid: Int32
        /// Length plus one, or 0 for an empty slot.
        var tag: UInt8
        var name: (UInt64, UInt64)
    }

    /// A hash table with open addressing.
    struct View {
        let slots: UnsafePointer<Slot>
        let mask: Int

        @inline(__always)
        static func hash(_ pid: Int32) -> Int { Int(UInt32(bitPattern: pid) &* 2_654_435_769 >> 7) }

        func find(_ pid: Int32) -> UnsafePointer<Slot>? {
            var index = Self.hash(pid) & mask
            while slots[index].tag != 0 {
                if slots[index].pid == pid { return slots + index }
                index = (index &+ 1) & mask
            }
            return nil
        }
    }

    /// - Parameter names: names by pid, any bytes. Only the first 15 bytes of each are used.
    public init(_ names: [Int32: [UInt8]]) {
        var capacity = 16
        while capacity < names.count * 2 { capacity *= 2 }
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
        slots.initialize(repeating: Slot(pid: 0, tag: 0, name: (0, 0)), count: capacity)
        for (pid, name) in names {
            var index = View.hash(pid) & (capacity - 1)
            while slots[index].tag != 0 { index = (index + 1) & (capacity - 1) }
            slots[index].pid = pid
            let bytes = name.prefix(Self.maximumLength)
            slots[index].tag = UInt8(bytes.count + 1)
            withUnsafeMutableBytes(of: &slots[index].name) { $0.copyBytes(from: bytes) }
        }
        view = View(slots: UnsafePointer(slots), mask: capacity - 1)
        count = names.count
    }

    /// - Parameter savedCommandLines: lines with a pid, a space and a name, as in tracefs `saved_cmdlines`.
    public convenience init(parsing savedCommandLines: some Collection<UInt8>) {
        var names: [Int32: [UInt8]] = [:]
        for line in savedCommandLines.split(separator: 10) {
            guard let blank = line.firstIndex(of: 32),
                let pid = Int32(String(decoding: line[..<blank], as: UTF8.self))
            else { continue }
            names[pid] = Array(line[line.index(after: blank)...])
        }
        self.init(names)
    }

    deinit { view.slots.deallocate() }

    /// The name of a task. Like the kernel, it gives `<idle>` for the idle task and `<...>` for an unknown task.
    public func name(of pid: Int32) -> String {
        var buffer = TextBuffer(capacity: 64)
        view.append(pid, to: &buffer)
        return buffer.string
    }
}

extension SavedCommandLines.View {
    /// `trace_find_cmdline` of kernel/trace/trace_sched_switch.c.
    func append(_ pid: Int32, to out: inout TextBuffer) {
        if pid == 0 { return out.append("<idle>") }
        if pid < 0 { return out.append("<XXX>") }
        guard let slot = find(pid) else { return out.append("<...>") }
        withUnsafeBytes(of: slot.pointee.name) {
            out.append(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(slot.pointee.tag) &- 1)))
        }
    }
}
