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
    /// As the kernel's histogram triggers (TRACING_MAP_KEYS_MAX), less one for the bucket of a histogram.
    public static let mostKeys = 2
    /// Bytes of a key that is text: longer ones are cut, as by the kernel (MAX_FILTER_STR_VAL with its NUL).
    public static let longestText = 255

    /// The key of calls of functions.
    public static let functionKey = "function"

    /// Whether the counts need tables; otherwise each is a single number.
    public var needsTables: Bool { keys.contains { $0 != "cpu" } || hasBuckets }
    /// The last part of a key is a power of two.
    public var hasBuckets: Bool { !histogram.isEmpty || hasLatency }
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
        if keys.count > Self.mostKeys {
            return "\(keys.count) keys besides the node are too many: at most \(Self.mostKeys)"
        }
        if Set(keys).count != keys.count { return "a key is named twice" }
        if keys.contains(where: \.isEmpty) { return "a key has no name" }
        if tableLimit > Self.largestTableLimit {
            return "a table of \(tableLimit) keys is too large: at most \(Self.largestTableLimit)"
        }
        if !histogram.isEmpty, hasLatency { return "a histogram of a field and a latency do not go together" }
        if way != .unspecified, !needsTables {
            return "a way of counting can be chosen for keys, histograms and latencies"
        }
        if needsTables, !counters.isEmpty {
            return "\(counters[0]) is a counter, which has no fields: it can be told apart by node and cpu only"
        }
        return nil
    }
}
