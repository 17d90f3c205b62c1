/// Where the pages go that a session's taps read.
protocol PageSink: Sendable {
    /// Whether it can consume more now.
    var hasRoom: Bool { get }

    /// Consumes sub-buffers of full size, which it may move in place. Called on the thread that reads this CPU.
    ///
    /// - Parameter writer: that thread's.
    /// - Returns: how many events were in them.
    func consume(_ pages: UnsafeMutableRawBufferPointer, cpu: Int, writer: BatchWriter) throws -> UInt64

    /// Everything of a CPU up to a time (ns of the trace clock) has been passed to `consume`.
    func settled(cpu: Int, through time: UInt64)
}
