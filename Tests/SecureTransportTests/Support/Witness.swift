import Foundation
import NIOCore
import SecureTransport
import Synchronization

/// What one side of a connection has observed so far.
struct Seen: Sendable {
    var identity: PeerIdentity?
    var facts: TLSFacts?
    var failures: [SecureTransportError] = []
    var otherErrors: [String] = []
    var received = 0
    var firstWrongByte: Int?
    var largestPiece = 0
    var sent = 0
    var inputClosed = false
    var isInactive = false
    var certificateEnded: SecureTransportError?
    /// The order of events: identified, data, failed, inputClosed, inactive.
    var order: [String] = []
}

/// Observations that tests can wait for.
final class Observations: Sendable {
    private struct State {
        var seen = Seen()
        var waiters: [(@Sendable (Seen) -> Bool, CheckedContinuation<Seen, Never>)] = []
    }
    private let state = Mutex(State())

    var seen: Seen { state.withLock { $0.seen } }

    func note(_ what: String? = nil, _ change: (inout Seen) -> Void) {
        let ready = state.withLock { state in
            change(&state.seen)
            if let what, state.seen.order.last != what { state.seen.order.append(what) }
            let seen = state.seen
            let ready = state.waiters.filter { $0.0(seen) }
            state.waiters.removeAll { $0.0(seen) }
            return ready.map { ($0.1, seen) }
        }
        for (continuation, seen) in ready { continuation.resume(returning: seen) }
    }

    /// Waits until the observations fulfil `condition`. If the test is cancelled by its time limit, it returns the
    /// current ones, so that the expectations report what is missing.
    func wait(until condition: @escaping @Sendable (Seen) -> Bool) async -> Seen {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let now = state.withLock { state -> Seen? in
                    if condition(state.seen) || Task.isCancelled { return state.seen }
                    state.waiters.append((condition, continuation))
                    return nil
                }
                if let now { continuation.resume(returning: now) }
            }
        } onCancel: {
            let (waiters, seen) = state.withLock { state in
                defer { state.waiters = [] }
                return (state.waiters, state.seen)
            }
            for waiter in waiters { waiter.1.resume(returning: seen) }
        }
    }
}

/// The bytes that tests send: position modulo 251, a prime, so that lost, repeated or swapped pieces are detected.
enum Pattern {
    static let period = 251
    private static let table: [UInt8] = (0..<(1 << 20)).map { UInt8($0 % period) }

    static func buffer(from offset: Int, count: Int) -> ByteBuffer {
        ByteBuffer(bytes: table[(offset % period)..<(offset % period + count)])
    }

    static func matches(_ buffer: ByteBuffer, at offset: Int) -> Bool {
        var offset = offset
        return buffer.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(64 << 10)
                let isEqual = table.withUnsafeBytes {
                    memcmp(
                        $0.baseAddress! + offset % period, UnsafeRawBufferPointer(rebasing: piece).baseAddress!,
                        piece.count)
                        == 0
                }
                if !isEqual { return false }
                offset += piece.count
                rest = rest.dropFirst(piece.count)
            }
            return true
        }
    }

    static func sha256(_ count: Int) throws -> String {
        let path = NSTemporaryDirectory() + UUID().uuidString
        try Data((0..<count).map { UInt8($0 % period) }).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        return String(try Command.check(["sha256sum", path]).prefix(64))
    }
}

/// A test's application. It records everything and has one task after the peer is authenticated.
final class Witness: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Part: Sendable {
        case listen
        case echo
        /// Sends this many bytes of the pattern while the channel is writable, and then closes if requested.
        case send(Int, thenClose: Bool = false)
        /// Closes when this many bytes were received.
        case closeAfter(Int)
    }

    private let record: Observations
    private let part: Part
    private var left = 0
    private var sent = 0
    private var isSending = false

    init(_ record: Observations, _ part: Part) {
        self.record = record
        self.part = part
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let identity, let facts)? = event as? SecureTransportEvent {
            record.note("identified") {
                $0.identity = identity
                $0.facts = facts
            }
            if case .send(let count, _) = part {
                left = count
                send(context)
            }
        }
        if case .certificateEnded(let error)? = event as? SecureTransportEvent {
            record.note { $0.certificateEnded = error }
        }
        if let event = event as? ChannelEvent, event == .inputClosed {
            record.note("inputClosed") { $0.inputClosed = true }
            if case .echo = part { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        record.note("data") {
            if $0.firstWrongByte == nil, !Pattern.matches(buffer, at: $0.received) { $0.firstWrongByte = $0.received }
            $0.received += buffer.readableBytes
            $0.largestPiece = max($0.largestPiece, buffer.readableBytes)
        }
        switch part {
        case .echo: context.write(wrapOutboundOut(buffer), promise: nil)
        case .closeAfter(let count) where record.seen.received >= count: context.close(promise: nil)
        case .listen, .send, .closeAfter: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if case .echo = part { context.flush() }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { send(context) }

    private func send(_ context: ChannelHandlerContext) {
        guard !isSending else { return }
        isSending = true
        defer { isSending = false }
        while left > 0, context.channel.isWritable {
            let count = min(left, 64 << 10)
            left -= count
            context.writeAndFlush(wrapOutboundOut(Pattern.buffer(from: sent, count: count)), promise: nil)
            sent += count
            record.note { $0.sent += count }
            if left == 0, case .send(_, thenClose: true) = part { context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        record.note("failed") {
            if let error = error as? SecureTransportError {
                $0.failures.append(error)
            } else {
                $0.otherErrors.append("\(error)")
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        record.note("inactive") { $0.isInactive = true }
        context.fireChannelInactive()
    }
}
