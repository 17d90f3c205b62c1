import TraceProtocol
import Tracefs

/// Something on this node that counts: perf counters, the kernel's tables, or the agent's over its pages.
///
/// Confined to the agent's control thread.
protocol CountSource: AnyObject {
    /// What is counted, and how.
    var plan: WireCountPlan { get }
    /// The tracepoints and probes among it.
    var events: [EventName] { get }

    /// Switches everything on.
    func start() throws -> TracingSwitch
    /// Switches everything off. `onDrained` is called when `rows` and `lost` are final.
    func stop(onDrained: @escaping @Sendable () -> Void) throws -> TracingSwitch
    /// Brings what can be read up to date: called shortly before `rows`.
    func refresh() throws
    /// Everything counted since the start.
    func rows() throws -> CountedRows
    /// Removes everything from the kernel. May take long, and be called again.
    func remove() throws
}

/// What a source has counted.
struct CountedRows {
    var rows: [WireCountRow] = []
    /// Events that could not be counted.
    var lost: UInt64 = 0
    /// Exits without an entry.
    var unmatched: UInt64 = 0
}

/// Builds a node's list of columns.
extension WireCountPlan {
    mutating func add(_ event: String, _ way: WireCountWay, refused: String = "", remark: String = "") {
        var column = WireCountColumn()
        column.event = event
        column.way = way
        column.refused = refused
        column.remark = remark
        columns.append(column)
    }
}
