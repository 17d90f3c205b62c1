import BPF
import SystemFacts
import TraceProtocol

/// Counts by key that eBPF programs keep, for a limited number of keys: those that came first.
///
/// The kernel's hash says which slot a key has; keys and counts are in arrays, which this process reads without a system
/// call. Free slots wait in a queue. A CPU that finds a key missing takes a slot, writes the key there and then adds it
/// to the hash, which accepts each key once and `limit` of them; whoever comes second gives its slot back.
struct ProgramTable {
    /// What each CPU counts besides keys.
    enum Extra: Int, CaseIterable {
        /// Events of keys for which there was no room.
        case other
        /// Events that could not be counted.
        case lost
        /// Ends without a beginning.
        case unmatched
    }

    /// Slots by key.
    let slots: BPFMap
    let free: BPFMap
    let keys: BPFMap
    /// `stride` counts for each CPU.
    let counts: BPFMap
    let key: ProgramKey
    let shape: Shape
    let values: ValueWords
    /// Of keys with stacks.
    let stacks: StackStorage?
    private let cgroups = CgroupPaths()
    private let keyValues: BPFValues
    private let countValues: BPFValues

    /// How large it is.
    struct Shape: Equatable {
        let limit: Int
        /// As many as there can be.
        let cpus: Int
        /// Each CPU can hold one more for a moment.
        var slots: Int { limit + cpus }
        var stride: Int { slots + Extra.allCases.count }

        func index(of extra: Extra) -> Int { slots + extra.rawValue }

        /// What a table takes of the kernel's memory, bytes.
        ///
        /// - Parameter valueSize: of each count with the values beside it.
        func memory(keySize: Int, valueSize: Int = 8) -> Int {
            BPFMap.size(.hash, keySize: keySize, valueSize: 8, entries: limit, cpus: cpus)
                + BPFMap.size(.queue, keySize: 0, valueSize: 4, entries: slots, cpus: cpus)
                + BPFMap.size(.array, keySize: 4, valueSize: keySize, entries: slots, cpus: cpus)
                + BPFMap.size(.array, keySize: 4, valueSize: valueSize, entries: stride * cpus, cpus: cpus)
        }
    }

    init(
        _ key: ProgramKey, _ shape: Shape, _ values: RecordValues = .none, stacks: StackNames? = nil
    ) throws(BPFError) {
        self.key = key
        self.shape = shape
        self.values = ValueWords(values)
        slots = try BPFMap(.hash, keySize: key.size, valueSize: 4, entries: shape.limit)
        free = try BPFMap(.queue, keySize: 0, valueSize: 4, entries: shape.slots)
        keys = try BPFMap(.array, keySize: 4, valueSize: key.size, entries: shape.slots)
        counts = try BPFMap(.array, keySize: 4, valueSize: self.values.size, entries: shape.stride * shape.cpus)
        for slot in 0..<shape.slots { try free.update(0, UInt32(slot)) }
        self.stacks = if let stacks { try StackStorage(key, shape, stacks) } else { nil }
        keyValues = try BPFValues(keys)
        countValues = try BPFValues(counts)
    }

    /// What all CPUs together have counted in a slot.
    private func sum(_ index: Int) -> UInt64 {
        (0..<shape.cpus).reduce(0) { $0 &+ word($1, index, 0) }
    }

    private func word(_ cpu: Int, _ index: Int, _ place: Int) -> UInt64 {
        countValues[at: values.size * (cpu * shape.stride + index) + place]
    }

    private func fill(_ row: inout WireCountRow, _ index: Int) {
        values.fill(&row, cpus: 0..<shape.cpus) { word($0, index, $1) }
    }

    /// Reads what the processes of new stacks have mapped, as long as they are there. Names are found later: that takes
    /// longer.
    func lookAtProcesses() {
        guard let stacks else { return }
        stacks.look((0..<shape.slots).filter { !stacks.isSeen($0) && sum($0) > 0 }) { keyValues[$0] }
    }

    /// Finds the names of stacks that have come since the last time.
    private func nameStacks() {
        guard let stacks else { return }
        stacks.name((0..<shape.slots).filter { !stacks.isNamed($0) && sum($0) > 0 }) { keyValues[$0] }
    }

    /// Every key with its count. A slot whose key came second to another CPU's has no counts.
    func rows(column: Int) -> CountedRows {
        nameStacks()
        var counted = CountedRows()
        for slot in 0..<shape.slots {
            let count = sum(slot)
            guard count > 0 else { continue }
            let texts = stacks?.texts(of: slot) ?? []
            var row = WireCountRow(
                column: column, key: key.values(keyValues[slot], cgroups: cgroups, stacks: texts), count: count)
            fill(&row, slot)
            counted.rows.append(row)
        }
        // A plain count is known also where nothing happened.
        if key.parts.isEmpty, values.size == 8, counted.rows.isEmpty {
            counted.rows = [WireCountRow(column: column, key: [], count: 0)]
        }
        let other = shape.index(of: .other)
        if var row = WireCountRow.other(column: column, count: sum(other)) {
            fill(&row, other)
            counted.rows.append(row)
        }
        counted.lost = sum(shape.index(of: .lost))
        counted.unmatched = sum(shape.index(of: .unmatched))
        return counted
    }
}
