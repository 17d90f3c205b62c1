/// Names of one node's tasks by pid, as they become known during a session. The last one known counts, as in the
/// kernel's own `trace` file.
///
/// A hash table with open addressing, since every line looks a name up. Confined to one thread.
final class NodeTaskNames {
    private struct Slot {
        var pid: Int32
        var isUsed: Bool
        var name: TaskName

        static let empty = Slot(pid: 0, isUsed: false, name: .unknown)
    }

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
        let index = slotIndex(of: pid)
        if !slots[index].isUsed { count += 1 }
        slots[index] = Slot(pid: pid, isUsed: true, name: TaskName(comm))
    }

    /// The task's name, or what the kernel prints for a task without one.
    func name(of pid: Int32) -> TaskName {
        if pid <= 0 { return pid == 0 ? .idle : .invalid }
        return slots[slotIndex(of: pid)].name
    }

    /// The slot of a pid, or the empty one where it belongs. At least half of the slots are empty, so the search ends.
    private func slotIndex(of pid: Int32) -> Int {
        let mask = capacity - 1
        var index = Int(UInt32(bitPattern: pid) &* 2_654_435_769 >> 7) & mask
        while slots[index].isUsed, slots[index].pid != pid { index = (index &+ 1) & mask }
        return index
    }

    private func grow() {
        let (old, size) = (slots, capacity)
        capacity *= 2
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: .empty, count: capacity)
        for index in 0..<size where old[index].isUsed { slots[slotIndex(of: old[index].pid)] = old[index] }
        old.deallocate()
    }
}
