/// What rendering a record needs apart from its bytes.
@frozen
public struct RenderContext: Sendable {
    /// The record's time in ns of the trace clock.
    public var timestamp: UInt64
    /// The CPU that recorded it.
    public var cpu: Int

    /// The context of a record with this time and CPU.
    @inlinable
    public init(timestamp: UInt64 = 0, cpu: Int = 0) {
        self.timestamp = timestamp
        self.cpu = cpu
    }
}

/// How the rendering of a record ended.
@frozen
public enum RenderOutcome: Sendable {
    /// Rendered as the kernel does.
    case complete
    /// A dynamic field pointed outside of the record. In the text it is empty.
    case damaged
    /// The record is shorter than the event's fixed fields. The text says so.
    case truncated
    /// No format has this id. The text is the kernel's `Unknown type`.
    case unknownType
}

/// What all records of one kernel share, as plain memory.
struct RenderEnvironment {
    let symbols: KernelSymbols.View?
    let strings: KernelStrings.View
    let tasks: SavedCommandLines.View?
    let functions: FunctionTypes.View?
    let argumentStyle: ArgumentStyle
    /// Size of `long` in bytes.
    let longSize: Int
    let ticksPerSecond: UInt64
}
