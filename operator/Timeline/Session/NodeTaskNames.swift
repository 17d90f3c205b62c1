import TraceProtocol

/// Names of one node's tasks by pid, as they become known during a session.
///
/// Two sources state them. Events of the trace itself, in the order of time: a rename, an exec, a fork. And the kernel's
/// table of saved command lines, which the agent reads again and again: it has the name that a task had when it ran last,
/// and comes in before the events of that time are printed. So what the table states counts from the time at which it was
/// read, and not against an event that is as new.
///
/// A hash table with open addressing, since every line looks a name up. Confined to one thread.
final class NodeTaskNames {
    private struct Slot {
        var pid: Int32
        var isUsed: Bool
        var name: TaskName
        /// When an event of the trace stated it, ns of the trace clock; 0 for a name of the kernel's table.
        var learnedAt: UInt64

        static let empty = Slot(pid: 0, isUsed: false, name: .unknown, learnedAt: 0)
    }

    /// News of the kernel's table.
    private struct Reading {
        /// It was read then, and before that at `since`; ns of the trace clock.
        var asOf: UInt64
        var since: UInt64
        var names: [(pid: Int32, name: TaskName)]
    }

    private var slots: UnsafeMutablePointer<Slot>
    private var capacity = 64
    private var count = 0
    private var readings: ArraySlice<Reading> = []
    /// The names in `readings`, the earliest one of each pid.
    private var upcoming: [Int32: TaskName] = [:]
    /// When the first of `readings` counts, for readers that learn and for others.
    private var next: (learning: UInt64, other: UInt64) = (.max, .max)
    /// What events of this node state.
    var taught = Taught.nothing

    /// What the events of a trace say about names.
    enum Taught {
        case nothing
        /// Some changes.
        case some
        /// Every change (`task_rename`): an exec is one, too.
        case everyChange
    }

    init() {
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: .empty, count: capacity)
    }

    deinit { slots.deallocate() }

    /// An event of the trace states a name.
    func learn(_ pid: Int32, _ comm: some Collection<UInt8>, at time: UInt64) {
        store(pid, TaskName(comm), learnedAt: max(1, time))
    }

    /// The kernel's table has it.
    func set(_ pid: Int32, _ comm: some Collection<UInt8>) { store(pid, TaskName(comm), learnedAt: 0) }

    private func store(_ pid: Int32, _ name: TaskName, learnedAt: UInt64) {
        if 2 * (count + 1) > capacity { grow() }
        let index = slotIndex(of: pid)
        if !slots[index].isUsed { count += 1 }
        slots[index] = Slot(pid: pid, isUsed: true, name: name, learnedAt: learnedAt)
    }

    /// The task's name, or what the kernel prints for a task without one.
    func name(of pid: Int32) -> TaskName {
        if pid <= 0 { return pid == 0 ? .idle : .invalid }
        let slot = slots[slotIndex(of: pid)]
        if slot.isUsed || upcoming.isEmpty || taught == .everyChange { return slot.name }
        return upcoming[pid] ?? .unknown
    }

    // MARK: The kernel's table

    /// Adds what the agent has read.
    func add(_ metadata: WireNodeMetadata) {
        let names = metadata.comms.map { (pid: Int32(bitPattern: $0.pid), name: TaskName($0.comm)) }
        guard !names.isEmpty else { return }
        let asOf = UInt64(max(0, metadata.commsAsOf))
        // The first one has all tasks. Without a time nothing is known of when it counts.
        guard count > 0, asOf > 0 else {
            for (pid, name) in names { store(pid, name, learnedAt: 0) }
            return
        }
        let before = metadata.commsSince > 0 ? UInt64(metadata.commsSince) : readings.last?.asOf ?? 0
        // Times only grow: an agent that goes back is not believed.
        let last = readings.last?.asOf ?? 0
        readings.append(Reading(asOf: max(asOf, last), since: min(before, asOf), names: names))
        for (pid, name) in names where upcoming[pid] == nil { upcoming[pid] = name }
        setNext()
    }

    /// Time has come to an event.
    ///
    /// - Parameter isLearning: events of the trace state names to this reader.
    @inline(__always)
    func advance(to time: UInt64, isLearning: Bool) {
        if time >= (isLearning ? next.learning : next.other) { take(until: time, isLearning) }
    }

    private func take(until time: UInt64, _ isLearning: Bool) {
        while let reading = readings.first, time >= (isLearning ? next.learning : next.other) {
            readings.removeFirst()
            for (pid, name) in reading.names where isNewer(reading, pid) { store(pid, name, learnedAt: 0) }
            setNext()
        }
        if readings.isEmpty {
            readings = []
            upcoming = [:]
        }
    }

    /// A name that an event has stated since the table was read before may be newer than the table's.
    private func isNewer(_ reading: Reading, _ pid: Int32) -> Bool {
        let slot = slots[slotIndex(of: pid)]
        return !slot.isUsed || slot.learnedAt == 0 || slot.learnedAt < reading.since
    }

    private func setNext() {
        guard let reading = readings.first else {
            next = (.max, .max)
            return
        }
        // Without events that tell, a name may be as old as the reading before.
        next = (taught == .nothing ? reading.since : reading.asOf, 0)
    }

    // MARK: The hash table

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
