import TraceProtocol

/// A watermark, and the sequence number of the last frame that must be sent before it.
struct PendingWatermark: Sendable {
    let watermark: Watermark
    let after: UInt64
}
