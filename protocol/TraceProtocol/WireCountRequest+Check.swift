import SystemFacts

/// Which count requests can be carried out; the same for operators, controllers and agents.
extension WireCountRequest {
    /// More frequent totals would cost more than they are worth.
    public static let shortestInterval = Duration.milliseconds(10)
    /// An hour.
    public static let longestInterval = Duration.seconds(3600)
    /// Keys that a table on a node holds unless the request states it.
    public static let usualTableLimit: UInt32 = 4096
    /// As the kernel's tables (TRACING_MAP_BITS_MAX).
    public static let largestTableLimit: UInt32 = 1 << 17
    /// As the kernel's histogram triggers (TRACING_MAP_KEYS_MAX), less one for the bucket of a histogram. Stacks come on
    /// top.
    public static let mostKeys = 2
    /// Bytes of a key that is text: longer ones are cut, as by the kernel (MAX_FILTER_STR_VAL with its NUL).
    public static let longestText = 255

    /// Sums, and greatest values, that stand beside each count: as many as the kernel's histogram triggers have
    /// (TRACING_MAP_VALS_MAX).
    public static let mostValues = 3
    /// Fields by which the end of a latency is matched with its beginning.
    public static let mostMatchFields = 2

    /// The key of calls of functions.
    public static let functionKey = "function"

    /// Whether the counts need tables; otherwise each is a single number.
    public var needsTables: Bool { keys.contains { $0 != "cpu" } || hasBuckets || hasValues || isSampled }
    /// The last part of a key is a power of two.
    public var hasBuckets: Bool { !histogram.isEmpty || hasLatency }
    /// Sums or greatest values of fields stand beside the counts.
    public var hasValues: Bool { !sums.isEmpty || !maxima.isEmpty }
    /// A latency is by fields, and not by thread.
    public var isMatched: Bool { !latency.match.isEmpty }
    /// Parts of a row's key.
    public var keyLength: Int { keys.count + (hasBuckets ? 1 : 0) }

    /// Why the request cannot be carried out; nil if it can.
    public var problem: String? {
        let interval = Duration.milliseconds(intervalMs)
        if intervalMs != 0, interval < Self.shortestInterval {
            return
                "an interval of \(intervalMs) ms is too short: at least \(Self.shortestInterval.wholeMilliseconds) ms"
        }
        if interval > Self.longestInterval { return "an interval can be an hour at most" }
        let plain = keys.count { !Self.isStack($0) }
        if plain > Self.mostKeys {
            return "\(plain) keys besides the node are too many: at most \(Self.mostKeys), and stacks"
        }
        if Set(keys).count != keys.count { return "a key is named twice" }
        if keys.contains(where: \.isEmpty) { return "a key has no name" }
        if tableLimit > Self.largestTableLimit {
            return "a table of \(tableLimit) keys is too large: at most \(Self.largestTableLimit)"
        }
        if !histogram.isEmpty, hasLatency { return "a histogram of a field and a latency do not go together" }
        if let problem = valueProblem ?? matchProblem ?? stackProblem { return problem }
        if way != .unspecified, !needsTables {
            return "a way of counting can be chosen for keys, values, histograms and latencies"
        }
        if needsTables, !counters.isEmpty, !isSampled {
            return "\(counters[0]) is a counter, which has no fields: it can be told apart by node and cpu only"
        }
        return nil
    }

    private var valueProblem: String? {
        guard hasValues else { return nil }
        if hasBuckets { return "the sum, average and maximum of a field do not go with a histogram or a latency" }
        if keys.contains(Self.functionKey) { return "the sum, average and maximum of a field do not go with functions" }
        if max(sums.count, maxima.count) > Self.mostValues {
            return "\(max(sums.count, maxima.count)) values beside a count are too many: at most \(Self.mostValues)"
        }
        return (sums + maxima).contains("") ? "a sum, average or maximum has no field" : nil
    }

    private var matchProblem: String? {
        guard isMatched else { return nil }
        let match = latency.match
        if match.count > Self.mostMatchFields {
            return "a latency is matched by \(Self.mostMatchFields) fields at most"
        }
        if match.contains("") { return "a field to match by has no name" }
        return Set(match).count < match.count ? "a field to match by is named twice" : nil
    }
}
