import Synchronization
import TraceProtocol

/// The codec that the agent and the controller have agreed on, for the batches that are made from now on.
final class NegotiatedCodec: Sendable {
    private let value = Atomic<UInt8>(BatchCodec.deflate.rawValue)

    func use(_ codec: BatchCodec) { value.store(codec.rawValue, ordering: .relaxed) }

    var current: BatchCodec { BatchCodec(rawValue: value.load(ordering: .relaxed)) ?? .deflate }
}
