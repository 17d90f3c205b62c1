/// All columns on one CPU, in as few groups as can be, and what earlier counters of this CPU had counted.
final class CPUCounters {
    private var groups: [Groups] = []
    private var values: [Int: CounterValue] = [:]
    /// From before the CPU went away and came back.
    private var earlier: [Int: CounterValue] = [:]
    /// Its counters still count. They do not when their CPU has been away, even if it is back.
    private(set) var isAlive = true

    /// A box: arrays cannot hold what cannot be copied.
    private final class Groups {
        var group: CounterGroup

        init(_ group: consuming CounterGroup) {
            self.group = group
        }
    }

    /// - Parameter refuse: told of a column that cannot be counted here; throws to give up all.
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

    /// Its CPU has gone: what it has counted stays.
    func retire(into buffer: UnsafeMutableBufferPointer<UInt64>) {
        read(into: buffer, isRunning: false)
        isAlive = false
    }

    func inherit(from old: CPUCounters) {
        for (column, value) in old.earlier { earlier[column, default: CounterValue()] += value }
        for (column, value) in old.values { earlier[column, default: CounterValue()] += value }
    }

    /// - Parameter isRunning: the counters should be counting, so their time must have gone on.
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
