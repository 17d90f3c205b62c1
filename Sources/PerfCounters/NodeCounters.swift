/// Which of perf's counters this machine has, found by opening each one.
public enum NodeCounters {
    /// perf's names, each with its kind: `hardware`, `cache` or `software`.
    ///
    /// - Parameter cpu: the number of an online CPU.
    /// - Throws: errors that concern all counters, such as missing rights.
    public static func available(on cpu: Int) throws(PerfError) -> [(name: String, kind: String)] {
        var all: [(name: String, kind: String, event: PerfEvent)] = []
        let kinds = [
            ("hardware", CounterName.hardwareNames), ("cache", CounterName.cacheNames),
            ("software", CounterName.softwareNames),
        ]
        for (kind, names) in kinds {
            for name in names { if let event = CounterName.event(name) { all.append((name, kind, event)) } }
        }
        let set = try CounterSet(all.map { .init($0.event) }, online: [cpu])
        return all.indices.filter { set.refused[$0] == nil }.map { (all[$0].name, all[$0].kind) }
    }
}
