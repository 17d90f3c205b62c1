import CPerfEvent

/// What a counter counts: the fields `type` and `config` of perf_event_open(2)'s attributes.
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
