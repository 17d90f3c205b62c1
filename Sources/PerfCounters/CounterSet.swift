import Glibc

/// The same counters on every CPU of a node. They are opened disabled, started and stopped together, and read as totals
/// for each CPU.
///
/// Confined to one thread. Closing takes the kernel some milliseconds for each tracepoint.
public final class CounterSet {
    /// One column of the result.
    public struct Column: Sendable {
        /// What is counted.
        public let event: PerfEvent
        /// For a tracepoint: count only events that match this filter, in the kernel's syntax.
        public let filter: String?

        /// From its parts.
        public init(_ event: PerfEvent, filter: String? = nil) {
            self.event = event
            self.filter = filter
        }
    }

    /// The columns asked for.
    public let columns: [Column]
    /// Why a column is not counted, by its index.
    public private(set) var refused: [Int: PerfError] = [:]
    private var cpus: [Int: CPUCounters] = [:]
    private var isEnabled = false
    private let buffer = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: CounterGroup.capacity + 4)

    /// Opens everything, disabled.
    ///
    /// A column that the node does not have is left out and named in `refused`.
    ///
    /// - Parameter online: numbers of the CPUs that run.
    /// - Throws: errors that concern all columns, such as too many open files.
    public init(_ columns: [Column], online: [Int]) throws(PerfError) {
        self.columns = columns
        guard let first = online.first else { return }
        // The first CPU decides which counters the node has. A later CPU that lacks one is counted without it.
        let probe = try CPUCounters(columns, cpu: first, skipping: []) { column, error throws(PerfError) in
            guard error.meansUnsupported || columns[column].filter != nil else { throw error }
            refused[column] = error
        }
        cpus[first] = probe
        for cpu in online.dropFirst() { cpus[cpu] = try open(cpu) }
    }

    deinit { buffer.deallocate() }

    private func open(_ cpu: Int) throws(PerfError) -> CPUCounters {
        try CPUCounters(columns, cpu: cpu, skipping: Set(refused.keys)) { _, error throws(PerfError) in
            // A CPU can have cores of two kinds. A counter that only some have counts on those.
            guard error.meansUnsupported else { throw error }
        }
    }

    /// Starts all counters, one CPU after the other. Those of one CPU start at the same moment. The kernel sends an
    /// inter-processor interrupt for each CPU.
    public func enable() throws(PerfError) {
        isEnabled = true
        for counters in cpus.values { try counters.enable() }
    }

    /// Stops all counters. Their values stay readable.
    public func disable() {
        isEnabled = false
        // The counters of an offline CPU have stopped already.
        for counters in cpus.values { try? counters.disable() }
    }

    /// Closes all counters, which takes the kernel some milliseconds each. They cannot be read afterwards.
    public func close() {
        cpus.removeAll()
    }

    /// Opens counters on CPUs that came online, and keeps the values of those that went offline.
    ///
    /// - Parameter online: numbers of the CPUs that run now.
    /// - Returns: the CPUs whose counters were opened again. They count from now on.
    @discardableResult
    public func follow(online: [Int]) throws(PerfError) -> [Int] {
        let running = Set(online)
        var renewed: [Int] = []
        for cpu in online where cpus[cpu]?.isAlive != true {
            let fresh = try open(cpu)
            if let old = cpus[cpu] { fresh.inherit(from: old) }
            cpus[cpu] = fresh
            if isEnabled { try fresh.enable() }
            renewed.append(cpu)
        }
        for (cpu, counters) in cpus where !running.contains(cpu) { counters.retire(into: buffer) }
        return renewed
    }

    /// Reads all counters with one system call for each CPU and group.
    ///
    /// - Parameter body: called for each column and CPU with the count since `enable`.
    public func read(_ body: (_ column: Int, _ cpu: Int, CounterValue) -> Void) {
        for (cpu, counters) in cpus {
            counters.read(into: buffer, isRunning: isEnabled)
            for column in columns.indices where refused[column] == nil {
                if let value = counters.value(of: column) { body(column, cpu, value) }
            }
        }
    }
}
