import NIOCore
import TraceProtocol

@testable import AgentCore

/// The reading of one CPU's ring, as `Tap` does it: batches into the session's stream while that has room, and up to when
/// everything is in it.
final class SimulatedTap {
    let ring: SimulatedRing
    private let instance: SimulatedInstance
    private let machine: SimulatedMachine
    private let process: SimulatedProcess
    private let stream: SessionStream
    /// What is between the ring and the spool; nil without a spool.
    private let buffer: SimulatedReadBuffer?
    private let onFinished: () -> Void
    /// ns of the trace clock; 0 before the first turn.
    private(set) var watermark: UInt64 = 0
    private(set) var events: UInt64 = 0
    private(set) var isDone = false
    private var missed = 0
    var isFinishing = false

    /// Events in a sub-buffer, at most.
    private static let mostEvents = 24
    private static let batchesPerTurn = 16

    init(
        _ ring: SimulatedRing, of instance: SimulatedInstance, _ machine: SimulatedMachine, _ process: SimulatedProcess,
        _ stream: SessionStream, onFinished: @escaping () -> Void
    ) {
        self.ring = ring
        self.instance = instance
        self.machine = machine
        self.process = process
        self.stream = stream
        buffer = stream.isOnDisk ? machine.readBuffer(stream.session, cpu: ring.cpu) : nil
        missed = ring.overrun
        self.onFinished = onFinished
    }

    /// One turn of the thread that reads this CPU.
    func service() {
        guard !isDone else { return }
        let isLast = isFinishing
        let now = machine.world.now
        let time = UInt64(machine.clock(at: now))
        instance.catchUp(to: now)
        for _ in 0..<Self.batchesPerTurn {
            guard stream.hasRoom, process.step() else { return }
            buffer?.begin(after: stream.lastSequence)
            let events = ring.read(atMost: Self.mostEvents)
            buffer?.fill(events)
            if events.isEmpty { buffer?.markKept() } else { send(events) }
            guard ring.unread == 0 else { continue }
            watermark = time
            if isLast {
                isDone = true
                onFinished()
            }
            return
        }
    }

    private func send(_ read: Range<Int>) {
        if machine.plan.bug == .keptTooEarly { buffer?.markKept() }
        let lost = ring.overrun - missed
        missed = ring.overrun
        let batch = Self.batch(of: read, ring, machine, lost: lost)
        let isDying = process.isAlive
        // The step between the kernel's buffer and the agent's.
        guard process.step() else {
            if isDying, buffer != nil { machine.tear(batch, of: stream) }
            return
        }
        events += UInt64(read.count)
        stream.append(batch) { [buffer] in buffer?.markKept() }
    }

    static func batch(of events: Range<Int>, _ ring: SimulatedRing, _ machine: SimulatedMachine, lost: Int) -> Frame {
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: 0, sequence: 0), cpu: UInt32(ring.cpu),
            firstTimestamp: UInt64(machine.clock(at: ring.times[events.lowerBound])), lost: UInt64(lost),
            events: UInt32(events.count), codec: .deflate, rawLength: UInt32(events.count * 8)
        ).write(into: &body)
        for event in events { body.writeInteger(UInt32(event)) }
        body.writeRepeatingByte(0, count: machine.plan.padding)
        return Frame(.batch, body)
    }

    /// Reads nothing more: the session is taken down, or left to a successor.
    func abandon() { isDone = true }
}
