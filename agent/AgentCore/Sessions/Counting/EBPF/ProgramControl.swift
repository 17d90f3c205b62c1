import BPF

/// What the programs of a session share: whether they count, and whose events they leave out.
final class ProgramControl {
    /// Its only value: whether programs count, then for each table whether it is full.
    let switches: BPFMap
    /// Numbers of the threads that are left out.
    let excluded: BPFMap
    private let values: BPFValues
    private var listed: Set<Int32> = []

    init(tables: Int) throws(BPFError) {
        switches = try BPFMap(.array, keySize: 4, valueSize: 8 * (1 + tables), entries: 1)
        excluded = try BPFMap(.hash, keySize: 4, valueSize: 4, entries: UntracedThreads.most)
        values = try BPFValues(switches, isWritable: true)
    }

    static let counting = 0
    static func full(table: Int) -> Int { 8 * (1 + table) }

    /// Takes effect at once on all CPUs. A program that runs at this moment ends as it began.
    var isCounting: Bool {
        get { values[at: Self.counting] != 0 }
        set { values[at: Self.counting] = newValue ? 1 : 0 }
    }

    /// - Returns: whether the list had to be changed.
    func exclude(_ threads: Set<Int32>) throws(BPFError) -> Bool {
        guard threads != listed else { return false }
        for thread in threads.subtracting(listed) {
            try excluded.update(UInt32(bitPattern: thread), 1)
            listed.insert(thread)
        }
        for thread in listed.subtracting(threads) {
            try excluded.remove(UInt32(bitPattern: thread))
            listed.remove(thread)
        }
        return true
    }
}
