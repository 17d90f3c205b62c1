import TraceProtocol

/// Counts the records of a session, without I/O. Confined to one thread at a time.
protocol RecordTally: ~Copyable {
    /// It can ingest more.
    var hasRoom: Bool { get }

    /// Ingests one record; those of a CPU come in their order.
    ///
    /// - Parameter time: ns of the trace clock.
    mutating func ingest(_ record: UnsafeRawBufferPointer, time: UInt64, cpu: Int)

    /// All records of a CPU up to a time have been ingested.
    mutating func settle(cpu: Int, through time: UInt64)

    /// Everything that was counted.
    func rows() -> [WireCountRow]
    /// Records that could not be counted: too short for their fields, or of too many that wait for their end.
    var uncounted: UInt64 { get }
    /// Ends without a beginning.
    var unmatched: UInt64 { get }

    // MARK: Names of tasks

    /// Keys hold names of tasks.
    var needsNames: Bool { get }
    /// The names of all tasks have to be read again.
    var wantsNames: Bool { get }
    /// The names of all tasks, read at this moment (ns of the trace clock).
    mutating func setNames(_ all: [Int32: String], readAt moment: UInt64)
}

/// A tally that knows no tasks, and counts at once.
extension RecordTally where Self: ~Copyable {
    var hasRoom: Bool { true }
    mutating func settle(cpu: Int, through time: UInt64) {}
    var unmatched: UInt64 { 0 }
    var needsNames: Bool { false }
    var wantsNames: Bool { false }
    mutating func setNames(_ all: [Int32: String], readAt moment: UInt64) {}
}
