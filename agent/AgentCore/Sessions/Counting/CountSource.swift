import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// What counts on this node: perf counters, the kernel's tables, or the agent's own tables over its pages.
///
/// Used on one thread at a time.
protocol CountSource: AnyObject {
    /// What is counted, and how.
    var plan: WireCountPlan { get }
    /// The tracepoints and probes among it.
    var events: [EventName] { get }
    /// What the operator should know of them.
    var notes: [String] { get }

    /// How many functions are traced; 0 without a function trace.
    var functions: UInt32 { get }

    /// Switches everything on, at a moment of the trace clock, or at once for nil or when it has passed.
    func start(at moment: MonotonicRawInstant?) throws -> WireStarted
    /// Switches everything off. `SessionDelivery.onDrained` is called when `rows` is final.
    func stop() throws -> WireStopping
    /// When it was off although it should have counted, as far as that is known; ns of the trace clock.
    var gaps: [WireRecordingGap] { get }
    /// What its probes missed, once it has been stopped.
    var missed: [WireProbeMisses] { get }
    /// In the end the kernel's own counts could not be read: nobody knows how many events are not counted.
    var isIncomplete: Bool { get }
    /// Brings what can be read up to date: called shortly before the start, and before `rows`.
    func refresh() throws
    /// How often it has to look at what it counts, besides that: what it looks for may be gone later. Nil for never.
    var lookInterval: Duration? { get }
    /// Everything counted since the start.
    func rows() throws -> CountedRows
    /// Brings the list of threads that are left out up to date.
    ///
    /// - Parameter wanted: the threads to leave out.
    /// - Returns: whether the kernel's list had to be changed.
    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool
    /// Removes everything from the kernel. May be called again.
    ///
    /// - Parameter inBackground: what takes long may go on after this returns.
    func remove(inBackground: Bool) throws
}

extension CountSource {
    /// Perf counters and the kernel's tables do not depend on `tracing_on`.
    var gaps: [WireRecordingGap] { [] }
    var isIncomplete: Bool { false }
    var functions: UInt32 { 0 }
    var lookInterval: Duration? { nil }
}
