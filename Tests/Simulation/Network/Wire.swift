import DequeModule
import NIOCore
import TestSupport

/// One direction of a connection. Bytes come in order, after a while and in pieces; none after a cut.
final class Wire: @unchecked Sendable {
    private let world: World
    private let link: SimulatedLink
    private var generator: SplitMix64
    /// Gets the bytes.
    unowned let receiver: SimulatedChannel
    unowned let sender: SimulatedChannel
    private var pieces: Deque<ByteBuffer> = []
    /// Bytes that were sent and have not been delivered.
    private(set) var underWay = 0
    /// So many more bytes arrive, and then nothing; nil while nothing is wrong.
    private var rest: Int?
    /// The sender has closed its end: behind the last byte the receiver is told.
    private var hasEnded = false
    private var isDelivering = false
    private var isLost = false

    /// What a receiver keeps that does not read. The sender's kernel has the rest.
    private static let window = 64 << 10
    /// Above this a sender should wait; it goes on below the other.
    private static let high = 64 << 10
    private static let low = 16 << 10

    init(
        from sender: SimulatedChannel, to receiver: SimulatedChannel, over link: SimulatedLink,
        _ generator: SplitMix64
    ) {
        world = sender.loop.world
        self.sender = sender
        self.receiver = receiver
        self.link = link
        self.generator = generator
    }

    func send(_ bytes: ByteBuffer) {
        guard !hasEnded, !isLost, bytes.readableBytes > 0 else { return }
        pieces.append(bytes)
        underWay += bytes.readableBytes
        if underWay > Self.high { sender.setWritable(false) }
        deliverLater()
    }

    /// Nothing more is sent.
    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        deliverLater()
    }

    /// The connection breaks: of what is under way only a part still arrives, or all of it.
    func cut() {
        guard rest == nil else { return }
        rest = generator.below(underWay + 1)
        deliverLater()
    }

    /// Nothing more arrives, and nobody is told.
    func lose() {
        isLost = true
        pieces.removeAll()
        underWay = 0
    }

    private func deliverLater() {
        guard !isDelivering, !isLost else { return }
        isDelivering = true
        let time = max(world.now + link.delay(&generator), link.frozenUntil)
        receiver.loop.perform(at: time) { [self] in
            isDelivering = false
            deliver()
        }
    }

    /// The receiver reads again.
    func resume() {
        if underWay > 0 || hasEnded { deliverLater() }
    }

    private func deliver() {
        guard !isLost else { return }
        guard link.frozenUntil <= world.now else { return deliverLater() }
        let room = Self.window - receiver.unread
        let limit = min(underWay, max(0, room), rest ?? .max)
        if limit > 0 {
            // All of it as a rule.
            let count = generator.once(in: 4) ? 1 + generator.below(limit) : limit
            rest = rest.map { $0 - count }
            receiver.arrived(take(count))
        }
        if underWay < Self.low { sender.setWritable(true) }
        if rest == 0 { return receiver.broke() }
        if underWay == 0 {
            if hasEnded { receiver.ended() }
        } else if receiver.unread < Self.window {
            deliverLater()
        }
    }

    private func take(_ count: Int) -> ByteBuffer {
        underWay -= count
        if let first = pieces.first, first.readableBytes == count {
            pieces.removeFirst()
            return first
        }
        var bytes = ByteBuffer()
        while bytes.readableBytes < count {
            let wanted = count - bytes.readableBytes
            if pieces[0].readableBytes <= wanted {
                bytes.writeImmutableBuffer(pieces.removeFirst())
            } else if let part = pieces[0].readSlice(length: wanted) {
                bytes.writeImmutableBuffer(part)
            }
        }
        return bytes
    }
}
