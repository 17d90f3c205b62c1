/// All columns on one CPU in as few groups as possible, and the counts of earlier counters of this CPU.
final class CPUCounters {
    private var groups: [Groups] = []
    private var values: [Int: CounterValue] = [:]
    /// Counts from before the CPU went offline and came back.
    private var earlier: [Int: CounterValue] = [:]
    /// Whether the counters still count. Once their CPU has been offline they do not, even if it is online again.
    private(set) var isAlive = true

    /// A class, because an array cannot hold a noncopyable value.
    private final class Groups {
        var group: CounterGroup

        init(_ group: consuming CounterGroup) {
            self.group = group
        }
    }

    /// - Parameter refuse: called for a column that cannot be counted here. It throws to stop the whole set.
    init(
        _ columns: [CounterSet.Column], cpu: Int, skipping: Set<Int>,
        refuse: (_ column: Int, PerfError) throws(PerfError) -> Void
    ) throws(PerfError) {
        var shared: Groups?
        for (index, column) in columns.enumerated() where !skipping.contains(index) {
            do throws(PerfError) {
                if column.event.isSoftware {
                    if shared?.group.isFull != false {
                        let next = Groups(try CounterGroup(cpu: cpu))
                        groups.append(next)
                        shared = next
                    }
                    try shared?.group.add(column: index, event: column.event, filter: column.filter, cpu: cpu)
                } else {
                    groups.append(Groups(try CounterGroup(column: index, event: column.event, cpu: cpu)))
                }
            } catch {
                try refuse(index, error)
            }
        }
    }

    func enable() throws(PerfError) {
        for group in groups { try group.group.enable() }
    }

    func disable() throws(PerfError) {
        for group in groups { try group.group.disable() }
    }

    /// Called when the CPU has gone offline. Its counts so far are kept.
    func retire(into buffer: UnsafeMutableBufferPointer<UInt64>) {
        read(into: buffer, isRunning: false)
        isAlive = false
    }

    func inherit(from old: CPUCounters) {
        for (column, value) in old.earlier { earlier[column, default: CounterValue()] += value }
        for (column, value) in old.values { earlier[column, default: CounterValue()] += value }
    }

    /// - Parameter isRunning: whether the counters should be counting, in which case their time must have advanced.
    func read(into buffer: UnsafeMutableBufferPointer<UInt64>, isRunning: Bool) {
        guard isAlive else { return }
        for group in groups {
            let before = group.group.lastEnabled
            do throws(PerfError) {
                try group.group.read(into: buffer) { values[$0] = $1 }
            } catch {
                isAlive = false
            }
            if isRunning, group.group.lastEnabled == before { isAlive = false }
        }
    }

    func value(of column: Int) -> CounterValue? {
        guard var value = values[column] ?? earlier[column].map({ _ in CounterValue() }) else { return nil }
        if let past = earlier[column] { value += past }
        return value
    }
}
