import CPerfEvent

/// Hardware, software and cache counters by perf's names (`perf list hw sw cache`).
public enum CounterName {
    /// The counter with that name, or nil if perf has none: `instructions`, `instructions:u` (in user space alone; also
    /// `k`, the kernel, and `h`, the hypervisor), `r00c0` (the processor's own number, hexadecimal).
    public static func event(_ name: String) -> PerfEvent? {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let event = plainEvent(String(parts[0])) else { return nil }
        guard parts.count == 2 else { return event }
        guard !parts[1].isEmpty, parts[1].allSatisfy({ "ukh".contains($0) }) else { return nil }
        var excluded: PerfEvent.Excluded = [.user, .kernel, .hypervisor]
        if parts[1].contains("u") { excluded.remove(.user) }
        if parts[1].contains("k") { excluded.remove(.kernel) }
        if parts[1].contains("h") { excluded.remove(.hypervisor) }
        return PerfEvent(type: event.type, config: event.config, excluded: excluded)
    }

    /// `r` and hexadecimal digits, one of which is no letter: words such as `read` are names.
    private static func rawEvent(_ name: String) -> PerfEvent? {
        let digits = name.dropFirst()
        guard name.hasPrefix("r"), digits.contains(where: { $0.isASCII && $0.isNumber }),
            let config = UInt64(digits, radix: 16), !digits.hasPrefix("+"), !digits.hasPrefix("-")
        else { return nil }
        return PerfEvent(type: PERF_TYPE_RAW.rawValue, config: config)
    }

    private static func plainEvent(_ name: String) -> PerfEvent? {
        if let raw = rawEvent(name) { return raw }
        if let id = hardware.first(where: { $0.names.contains(name) })?.id {
            return PerfEvent(type: PERF_TYPE_HARDWARE.rawValue, config: UInt64(id.rawValue))
        }
        if let id = software.first(where: { $0.names.contains(name) })?.id {
            return PerfEvent(type: PERF_TYPE_SOFTWARE.rawValue, config: UInt64(id.rawValue))
        }
        return cacheEvent(name)
    }

    /// The names of hardware counters.
    public static var hardwareNames: [String] { hardware.compactMap(\.names.first) }
    /// The names of software counters.
    public static var softwareNames: [String] { software.compactMap(\.names.first) }

    private static let hardware: [(id: perf_hw_id, names: [String])] = [
        (PERF_COUNT_HW_CPU_CYCLES, ["cycles", "cpu-cycles"]),
        (PERF_COUNT_HW_INSTRUCTIONS, ["instructions"]),
        (PERF_COUNT_HW_CACHE_REFERENCES, ["cache-references"]),
        (PERF_COUNT_HW_CACHE_MISSES, ["cache-misses"]),
        (PERF_COUNT_HW_BRANCH_INSTRUCTIONS, ["branches", "branch-instructions"]),
        (PERF_COUNT_HW_BRANCH_MISSES, ["branch-misses"]),
        (PERF_COUNT_HW_BUS_CYCLES, ["bus-cycles"]),
        (PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, ["stalled-cycles-frontend", "idle-cycles-frontend"]),
        (PERF_COUNT_HW_STALLED_CYCLES_BACKEND, ["stalled-cycles-backend", "idle-cycles-backend"]),
        (PERF_COUNT_HW_REF_CPU_CYCLES, ["ref-cycles"]),
    ]

    private static let software: [(id: perf_sw_ids, names: [String])] = [
        (PERF_COUNT_SW_CPU_CLOCK, ["cpu-clock"]),
        (PERF_COUNT_SW_TASK_CLOCK, ["task-clock"]),
        (PERF_COUNT_SW_PAGE_FAULTS, ["page-faults", "faults"]),
        (PERF_COUNT_SW_CONTEXT_SWITCHES, ["context-switches", "cs"]),
        (PERF_COUNT_SW_CPU_MIGRATIONS, ["cpu-migrations", "migrations"]),
        (PERF_COUNT_SW_PAGE_FAULTS_MIN, ["minor-faults"]),
        (PERF_COUNT_SW_PAGE_FAULTS_MAJ, ["major-faults"]),
        (PERF_COUNT_SW_ALIGNMENT_FAULTS, ["alignment-faults"]),
        (PERF_COUNT_SW_EMULATION_FAULTS, ["emulation-faults"]),
        (PERF_COUNT_SW_CGROUP_SWITCHES, ["cgroup-switches"]),
    ]

    /// The names of cache counters.
    public static var cacheNames: [String] {
        caches.flatMap { cache in operations.flatMap { ["\(cache.1)-\($0.plural)", "\(cache.1)-\($0.word)-misses"] } }
    }

    /// `L1-dcache-load-misses`, `LLC-loads`, ...: CACHE-OPERATION, with `-misses` to count the misses.
    private static func cacheEvent(_ name: String) -> PerfEvent? {
        for (cache, prefix) in caches where name.hasPrefix(prefix + "-") {
            let rest = name.dropFirst(prefix.count + 1)
            for (operation, word, plural) in operations {
                let isMiss = rest == word + "-misses"
                guard isMiss || rest == plural else { continue }
                let result = isMiss ? PERF_COUNT_HW_CACHE_RESULT_MISS : PERF_COUNT_HW_CACHE_RESULT_ACCESS
                // perf_event_open(2): one byte each for id, operation and result.
                return PerfEvent(
                    type: PERF_TYPE_HW_CACHE.rawValue,
                    config: UInt64(cache.rawValue) | UInt64(operation.rawValue) << 8 | UInt64(result.rawValue) << 16)
            }
        }
        return nil
    }

    private static let caches: [(perf_hw_cache_id, String)] = [
        (PERF_COUNT_HW_CACHE_L1D, "L1-dcache"), (PERF_COUNT_HW_CACHE_L1I, "L1-icache"),
        (PERF_COUNT_HW_CACHE_LL, "LLC"), (PERF_COUNT_HW_CACHE_DTLB, "dTLB"), (PERF_COUNT_HW_CACHE_ITLB, "iTLB"),
        (PERF_COUNT_HW_CACHE_BPU, "branch"), (PERF_COUNT_HW_CACHE_NODE, "node"),
    ]

    private static let operations: [(id: perf_hw_cache_op_id, word: String, plural: String)] = [
        (PERF_COUNT_HW_CACHE_OP_READ, "load", "loads"), (PERF_COUNT_HW_CACHE_OP_WRITE, "store", "stores"),
        (PERF_COUNT_HW_CACHE_OP_PREFETCH, "prefetch", "prefetches"),
    ]
}
