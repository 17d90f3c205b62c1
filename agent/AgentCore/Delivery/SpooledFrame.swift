import TraceProtocol

/// A frame that is not acknowledged.
struct SpooledFrame: Sendable {
    /// Nil while it is on disk only.
    var frame: Frame?
    let type: FrameType
    /// Of its body.
    let bytes: Int
    /// Where it is on disk; nil while it is in memory only.
    let location: SpoolLocation?
    /// Of a batch: what is lost if it cannot be read again.
    let cpu: UInt32
    let events: UInt32

    init(_ frame: Frame, at location: SpoolLocation? = nil) {
        let head = frame.type == .batch ? try? Batch(frame).header : nil
        self.init(
            frame.type, bytes: frame.body.readableBytes, at: location, cpu: head?.cpu ?? 0, events: head?.events ?? 0)
        self.frame = frame
    }

    /// One that is on disk only.
    init(_ type: FrameType, bytes: Int, at location: SpoolLocation?, cpu: UInt32, events: UInt32) {
        self.type = type
        self.bytes = bytes
        self.location = location
        self.cpu = cpu
        self.events = events
    }
}
