import CPerfEvent

/// What a counter counts, as perf_event_open(2) is told: the fields `type` and `config` of its attributes.
public struct PerfEvent: Sendable, Hashable {
    /// PERF_TYPE_...
    public let type: UInt32
    /// The event within its type.
    public let config: UInt64

    /// From its parts.
    public init(type: UInt32, config: UInt64) {
        self.type = type
        self.config = config
    }

    /// A tracepoint or dynamic event.
    ///
    /// - Parameter id: the number in its `id` and `format` files.
    public static func tracepoint(id: UInt64) -> PerfEvent {
        PerfEvent(type: PERF_TYPE_TRACEPOINT.rawValue, config: id)
    }

    /// An event that counts nothing: a leader for others.
    static let dummy = PerfEvent(type: PERF_TYPE_SOFTWARE.rawValue, config: UInt64(PERF_COUNT_SW_DUMMY.rawValue))

    /// Whether the kernel itself counts it: any number of these run at once, while a processor has only some
    /// counters, which the kernel shares out over time.
    public var isSoftware: Bool {
        type == PERF_TYPE_SOFTWARE.rawValue || type == PERF_TYPE_TRACEPOINT.rawValue
    }
}
