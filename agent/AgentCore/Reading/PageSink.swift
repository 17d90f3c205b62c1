/// Where the pages of a session go that its taps read.
protocol PageSink: Sendable {
    /// Whether it can take more now.
    var hasRoom: Bool { get }

    /// Takes sub-buffers of full size, which it may move in place. Called on the thread that reads this CPU.
    ///
    /// - Parameter writer: that thread's.
    /// - Returns: how many events were in them.
    func take(_ pages: UnsafeMutableRawBufferPointer, cpu: Int, writer: BatchWriter) throws -> UInt64

    /// Everything of a CPU up to a time (ns of the trace clock) has been given.
    func settled(cpu: Int, through time: UInt64)
}
