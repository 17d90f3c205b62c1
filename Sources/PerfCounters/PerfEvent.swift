import CPerfEvent

/// What a counter counts: the fields `type` and `config` of perf_event_open(2)'s attributes.
public struct PerfEvent: Sendable, Hashable {
    /// PERF_TYPE_...
    public let type: UInt32
    /// The event within its type.
    public let config: UInt64
    /// What is not counted.
    public let excluded: Excluded

    /// Where the processor is while an event is not counted (perf_event_open(2), `exclude_user` and so on).
    public struct Excluded: OptionSet, Sendable, Hashable {
        public let rawValue: UInt32

        public init(rawValue: UInt32) { self.rawValue = rawValue }

        public static let user = Excluded(rawValue: 1)
        public static let kernel = Excluded(rawValue: 2)
        public static let hypervisor = Excluded(rawValue: 4)
        /// In a virtual machine of this one.
        public static let guest = Excluded(rawValue: 8)
    }

    /// From its parts.
    public init(type: UInt32, config: UInt64, excluded: Excluded = []) {
        self.excluded = excluded
        self.type = type
        self.config = config
    }

    /// A tracepoint or dynamic event.
    ///
    /// - Parameter id: the number in the event's `id` and `format` files.
    public static func tracepoint(id: UInt64) -> PerfEvent {
        PerfEvent(type: PERF_TYPE_TRACEPOINT.rawValue, config: id)
    }

    /// An event that counts nothing, used as a leader for others.
    static let dummy = PerfEvent(type: PERF_TYPE_SOFTWARE.rawValue, config: UInt64(PERF_COUNT_SW_DUMMY.rawValue))

    /// Whether the kernel itself counts it. Any number of these run at once. A processor has only some counters,
    /// between which the kernel switches over time.
    public var isSoftware: Bool {
        type == PERF_TYPE_SOFTWARE.rawValue || type == PERF_TYPE_TRACEPOINT.rawValue
    }
}
