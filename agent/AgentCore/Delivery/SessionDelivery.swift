import TraceProtocol

/// How a session's data reaches the controller. Safe from any thread.
struct SessionDelivery: Sendable {
    let session: UInt64
    /// Frames that are kept until they are acknowledged.
    let stream: SessionStream
    let codec: NegotiatedCodec
    /// Sends a frame that a later one will replace, if the connection accepts it now.
    let offer: @Sendable (Frame) -> Void
    /// Called when the session's buffers are full and it was asked to stop then. It is stopped already.
    let onFull: @Sendable () -> Void
    /// Called once when a stopped session has been read, or counted, to its end.
    let onDrained: @Sendable () -> Void
}
