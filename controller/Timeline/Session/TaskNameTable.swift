import EventFormat

/// Names of tasks by pid, as they become known in the course of a session. The last one known counts, as in the
/// kernel's own `trace` file.
///
/// A hash table with open addressing, since it is asked for every line. Confined to one thread.
final class TaskNameTable {
    private struct Slot {
        var pid: Int32
        /// Length of the name plus one; 0 for an empty slot.
        var tag: UInt8
        /// 15 bytes at most (TASK_COMM_LEN of include/linux/sched.h, without the NUL).
        var name: (UInt64, UInt64)

        static let empty = Slot(pid: 0, tag: 0, name: (0, 0))
    }

    private static let longest = 15
    private var slots: UnsafeMutablePointer<Slot>
    private var capacity = 64
    private var count = 0

    init() {
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: .empty, count: capacity)
    }

    deinit { slots.deallocate() }

    func set(_ pid: Int32, _ comm: some Collection<UInt8>) {
        if 2 * (count + 1) > capacity { grow() }
        let index = place(of: pid)
        if slots[index].tag == 0 { count += 1 }
        var name: (UInt64, UInt64) = (0, 0)
        let length = min(comm.count, Self.longest)
        withUnsafeMutableBytes(of: &name) { $0.copyBytes(from: comm.prefix(length)) }
        slots[index] = Slot(pid: pid, tag: UInt8(length + 1), name: name)
    }

    /// `<idle>` and `<...>` are the kernel's words for the idle task and for unknown ones
    /// (`__trace_find_cmdline` of kernel/trace/trace_sched_switch.c).
    func append(_ pid: Int32, to out: inout TextBuffer) {
        if pid == 0 { return out.append("<idle>") }
        let slot = slots + place(of: pid)
        guard slot.pointee.tag > 0 else { return out.append("<...>") }
        let name = UnsafeRawPointer(slot) + Self.nameOffset
        out.append(UnsafeRawBufferPointer(start: name, count: Int(slot.pointee.tag) - 1))
    }

    func text(of pid: Int32) -> String {
        var buffer = TextBuffer(capacity: 32)
        append(pid, to: &buffer)
        return buffer.string
    }

    private static let nameOffset = MemoryLayout<Slot>.offset(of: \.name) ?? 0

    /// The slot of a pid, or the empty one where it belongs. At least half of the slots are empty, so it ends.
    private func place(of pid: Int32) -> Int {
        let mask = capacity - 1
        var index = Int(UInt32(bitPattern: pid) &* 2_654_435_769 >> 7) & mask
        while slots[index].tag != 0, slots[index].pid != pid { index = (index &+ 1) & mask }
        return index
    }

    private func grow() {
        let (old, size) = (slots, capacity)
        capacity *= 2
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: .empty, count: capacity)
        for index in 0..<size where old[index].tag != 0 { slots[place(of: old[index].pid)] = old[index] }
        old.deallocate()
    }
}
