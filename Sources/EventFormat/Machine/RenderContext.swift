/// What rendering a record needs besides its bytes.
@frozen
public struct RenderContext: Sendable {
    /// The record's time in ns of the trace clock.
    public var timestamp: UInt64
    /// The CPU whose buffer it comes from.
    public var cpu: Int

    /// A record of that time and CPU.
    @inlinable
    public init(timestamp: UInt64 = 0, cpu: Int = 0) {
        self.timestamp = timestamp
        self.cpu = cpu
    }
}

/// What became of a record.
@frozen
public enum RenderOutcome: Sendable {
    /// Rendered as its kernel would.
    case complete
    /// A dynamic field pointed outside the record: the text has an empty one instead.
    case damaged
    /// Shorter than the event's fixed fields: the text says so.
    case truncated
    /// No format with this number: the text is the kernel's `Unknown type`.
    case unknownType
}

/// What is the same for all records of one kernel, as plain memory.
struct RenderEnvironment {
    let symbols: KernelSymbols.View?
    let strings: KernelStrings.View
    let tasks: TaskNames.View?
    /// Bytes.
    let longSize: Int
    let ticksPerSecond: UInt64
}
