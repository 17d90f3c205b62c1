import NIOCore

/// `clockProbe`, controller to agent: its id and when it was sent, ns of the controller's CLOCK_MONOTONIC_RAW.
public struct ClockProbeFrame: Hashable, Sendable {
    public var id: UInt32
    public var sent: Int64

    public init(id: UInt32, sent: Int64) {
        self.id = id
        self.sent = sent
    }

    public func frame() -> Frame {
        var body = ByteBuffer()
        body.writeInteger(id)
        body.writeInteger(sent)
        return Frame(.clockProbe, body)
    }

    public init(_ frame: Frame) throws(ProtocolError) {
        var body = frame.body
        guard let (id, sent) = body.readMultipleIntegers(as: (UInt32, Int64).self) else {
            throw .malformed(frame.type, "12 bytes expected")
        }
        self.init(id: id, sent: sent)
    }
}

/// `clockReply`, agent to controller: the probe's id and send time, and when the agent received the probe and sent this
/// reply, ns of its trace clock.
public struct ClockReplyFrame: Hashable, Sendable {
    public var id: UInt32
    public var probeSent: Int64
    public var received: Int64
    public var sent: Int64

    public init(id: UInt32, probeSent: Int64, received: Int64, sent: Int64) {
        self.id = id
        self.probeSent = probeSent
        self.received = received
        self.sent = sent
    }

    public func frame() -> Frame {
        var body = ByteBuffer()
        body.writeInteger(id)
        body.writeInteger(probeSent)
        body.writeInteger(received)
        body.writeInteger(sent)
        return Frame(.clockReply, body)
    }

    public init(_ frame: Frame) throws(ProtocolError) {
        var body = frame.body
        guard let (id, probeSent, received, sent) = body.readMultipleIntegers(as: (UInt32, Int64, Int64, Int64).self)
        else { throw .malformed(frame.type, "28 bytes expected") }
        self.init(id: id, probeSent: probeSent, received: received, sent: sent)
    }
}

/// `clockSample`, session log only: the four time stamps of an answered probe. A reader makes a `ClockProbe` of
/// TraceClock from it.
public struct ClockSampleFrame: Hashable, Sendable {
    /// Controller sent, agent received, agent sent, controller received; ns of the clock of the side that read it.
    public var t1, t2, t3, t4: Int64

    public init(t1: Int64, t2: Int64, t3: Int64, t4: Int64) {
        self.t1 = t1
        self.t2 = t2
        self.t3 = t3
        self.t4 = t4
    }

    public func frame() -> Frame {
        var body = ByteBufferAllocator().buffer(capacity: 32)
        body.writeMultipleIntegers(t1, t2, t3, t4)
        return Frame(.clockSample, body)
    }

    public init(_ frame: Frame) throws(ProtocolError) {
        var body = frame.body
        guard let (t1, t2, t3, t4) = body.readMultipleIntegers(as: (Int64, Int64, Int64, Int64).self) else {
            throw .malformed(frame.type, "32 bytes expected")
        }
        self.init(t1: t1, t2: t2, t3: t3, t4: t4)
    }
}
