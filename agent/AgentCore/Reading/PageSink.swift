/// Where the pages go that a session's taps read.
protocol PageSink: Sendable {
    /// Whether it can consume more now.
    var hasRoom: Bool { get }

    /// Sub-buffers of a CPU are read into a buffer from now on.
    func willRead(into buffer: ReadBuffer, cpu: Int, subBufferSize: Int)

    /// Consumes the sub-buffers of full size at the beginning of a buffer. Called on the thread that reads this CPU.
    ///
    /// - Parameters:
    ///   - length: of them, bytes.
    ///   - writer: that thread's.
    /// - Returns: how many events were in them.
    func consume(_ length: Int, of buffer: ReadBuffer, cpu: Int, writer: BatchWriter) throws -> UInt64

    /// Everything of a CPU up to a time (ns of the trace clock) has been passed to `consume`.
    func settled(cpu: Int, through time: UInt64)
}
