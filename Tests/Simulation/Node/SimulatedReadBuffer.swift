/// What one thread of an agent has taken out of a ring and may not have spooled. It outlives the agent, as `ReadBuffer`
/// does, whose sub-buffers are not simulated.
final class SimulatedReadBuffer {
    let session: UInt64
    let cpu: Int
    /// Sequence number of the session's last frame before the reading began.
    private(set) var after: UInt64 = 0
    /// Nil while nothing is being read.
    private(set) var events: Range<Int>?

    init(_ session: UInt64, cpu: Int) {
        self.session = session
        self.cpu = cpu
    }

    func begin(after sequence: UInt64) {
        after = sequence
        events = 0..<0
    }

    func fill(_ read: Range<Int>) { events = read }

    /// It stands in a spool, or nobody wants it.
    func markKept() { events = nil }
}
