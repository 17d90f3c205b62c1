import TextPatterns
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
    /// What the operator should know of them.
    var notes: [String] { get }

    /// Switches everything on, at a moment of the trace clock (ns) or at once when it has passed.
    func start(at moment: Int64) throws -> WireStarted
    /// Switches everything off. What the source was made with is called when `rows` is final.
    func stop() throws -> WireStopping
    /// Brings what can be read up to date: called shortly before the start, and before `rows`.
    func refresh() throws
    /// Everything counted since the start.
    func rows() throws -> CountedRows
    /// Threads of Fleetrace's own come and go: those that are left out are brought up to date.
    ///
    /// - Parameter excludedProcesses: other Fleetrace processes on this machine, if they have changed.
    func refreshThreads(_ excludedProcesses: [Int32]?) throws
    /// Removes everything from the kernel. May be called again.
    ///
    /// - Parameter inBackground: what takes long may go on after this returns.
    func remove(inBackground: Bool) throws
}

/// What a source has counted.
struct CountedRows {
    var rows: [WireCountRow] = []
    /// Events that could not be counted.
    var lost: UInt64 = 0
    /// Exits without an entry.
    var unmatched: UInt64 = 0
    /// Everything up to here is in it, ns of the trace clock; nil for up to now.
    var asOf: Int64?
}

extension WireCountRow {
    /// Events of one key.
    init(column: Int = 0, key: [WireCountKey], count: UInt64) {
        self.init()
        self.column = UInt32(column)
        self.key = key
        self.count = count
    }

    /// Events of keys for which a table had no room; nil without any.
    static func other(column: Int = 0, count: UInt64) -> WireCountRow? {
        guard count > 0 else { return nil }
        var row = WireCountRow(column: column, key: [], count: count)
        row.other = true
        return row
    }
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
