import NIOCore
import SwiftProtobuf
import Synchronization
import TraceProtocol

/// What a session's reading threads share with the connection: readers append frames, the connection's event loop sends
/// and acknowledges them. All methods are safe from any thread.
///
/// The lock of the frames is held briefly. With a disk, `append` waits for it before the frame can be sent; nothing else
/// does.
public final class SessionStream: Sendable {
    public let session: UInt64
    private let state: Mutex<Spool>
    private let disk: StreamDisk?
    /// Held while a frame gets its number and its location on disk, so that both have one order.
    private let order = Mutex(())
    /// Called after something was appended; must be cheap and thread-safe.
    private let onAppend: @Sendable () -> Void

    convenience public init(session: UInt64, budget: Int, onAppend: @escaping @Sendable () -> Void) {
        self.init(session: session, budget: budget, disk: nil, onAppend: onAppend)
    }

    /// - Parameters:
    ///   - budget: bytes in memory.
    ///   - disk: where frames are kept that are not acknowledged; nil for memory alone.
    init(session: UInt64, budget: Int, disk: StreamDisk?, onAppend: @escaping @Sendable () -> Void) {
        self.session = session
        self.disk = disk
        self.onAppend = onAppend
        state = Mutex(Spool(budget: budget))
    }

    public var hasRoom: Bool {
        if let disk, disk.files.isUsable { return disk.files.hasRoom }
        return state.withLock { $0.hasRoom }
    }
    public var lastSequence: UInt64 { state.withLock { $0.lastSequence } }
    public var isAcknowledged: Bool { state.withLock { $0.isAcknowledged } }
    /// Bytes that are not acknowledged, wherever they are.
    public var bytes: Int { state.withLock { $0.bytes } }
    /// Something is to be sent.
    var isWaiting: Bool { state.withLock { $0.isWaiting } }
    var bytesInMemory: Int { state.withLock { $0.memory } }
    var bytesOnDisk: Int { disk?.files.bytes ?? 0 }
    /// Why the disk is not used; empty if it is, or if there is none.
    var diskFault: String { disk?.files.fault ?? "" }

    /// Gives a frame the next sequence number and keeps it. The first 16 bytes of its body are room for that number.
    ///
    /// - Parameter onKept: called when it is kept, before it can be sent.
    public func append(_ frame: consuming Frame, onKept: () -> Void = {}) {
        guard let disk else {
            state.withLock { spool in
                frame.setNumber(StreamNumber(session: session, sequence: spool.lastSequence + 1))
                spool.append(frame)
            }
            onKept()
            return onAppend()
        }
        let failure = order.withLock { _ -> String? in
            let sequence = lastSequence + 1
            frame.setNumber(StreamNumber(session: session, sequence: sequence))
            let wasUsable = disk.files.isUsable
            let location = disk.files.append(frame, sequence)
            onKept()
            state.withLock { $0.append(frame, at: location) }
            return wasUsable && !disk.files.isUsable ? disk.files.fault : nil
        }
        if let failure { disk.report("\(failure): events are kept in memory until the disk can be written again") }
        onAppend()
    }

    /// The next frame to put on the connection.
    func next() -> Frame? {
        guard let disk else { return state.withLock { $0.next() } }
        let (frame, missing) = state.withLock { ($0.next(), $0.missing(atMost: Self.readAhead)) }
        if !missing.isEmpty { disk.run { [self] in load(missing, from: disk) } }
        return frame
    }

    /// Bytes that are read from disk at a time.
    private static let readAhead = 4 << 20

    private func load(_ missing: [(sequence: UInt64, location: SpoolLocation)], from disk: StreamDisk) {
        let found = missing.map { sequence, location -> (UInt64, Frame?) in
            do {
                return (sequence, try disk.files.read(location))
            } catch {
                disk.report("frame \(sequence) is lost: \(error)")
                return (sequence, nil)
            }
        }
        state.withLock { spool in
            spool.loaded(found) { spooled, sequence in
                var frame = spooled.replacement
                frame.setNumber(StreamNumber(session: session, sequence: sequence))
                return frame
            }
        }
        onAppend()
    }

    /// Everything up to `sequence` is durable at the controller.
    ///
    /// - Throws: as `Spool.acknowledge`.
    func acknowledge(_ sequence: UInt64) throws(ProtocolError) {
        try state.withLock { spool throws(ProtocolError) in _ = try spool.acknowledge(sequence) }
        free()
    }

    /// The controller has everything up to `acknowledged`; the rest is sent again.
    ///
    /// - Throws: as `Spool.resume`.
    func resume(after acknowledged: UInt64) throws(ProtocolError) {
        try state.withLock { spool throws(ProtocolError) in try spool.resume(after: acknowledged) }
        free()
    }

    /// The controller cannot store anything: nothing is sent until `resume`.
    func hold() { state.withLock { $0.hold() } }

    private func free() {
        guard let disk, disk.files.hasRemovable(through: state.withLock(\.acknowledged)) else { return }
        disk.run { [self] in disk.files.free(through: state.withLock(\.acknowledged)) }
    }

    /// Goes on with the stream of an agent that died. Before anything is appended.
    func goOn(after acknowledged: UInt64, with undelivered: UndeliveredFrames) {
        state.withLock { $0.goOn(after: acknowledged, with: undelivered) }
        free()
    }

    /// All frames that are not acknowledged and are nowhere but in memory.
    var unacknowledged: [Frame] { state.withLock { $0.unacknowledged } }

    /// Events, by CPU, in frames that could not be read again from disk.
    var unreadable: [UInt32: UInt64] { state.withLock { $0.unreadable } }

    /// Whether frames are kept on disk.
    var isOnDisk: Bool { disk != nil }

    /// Looks whether a disk that has failed can be written again. Called every second.
    func tryDiskAgain() {
        guard let disk, !disk.files.isUsable else { return }
        disk.run {
            if disk.files.tryAgain() { disk.report("it can be written again") }
        }
    }

    /// Nobody wants what is on disk of this session.
    func removeFromDisk() { disk?.remove() }

    /// Sequence number of the last frame that was sent.
    var sentSequence: UInt64 { state.withLock(\.sentSequence) }
}

extension Frame {
    /// A numbered frame around a message, with room for its number.
    static func numbered(_ type: FrameType, _ message: some Message) throws -> Frame {
        try Frame(type, StreamNumber(session: 0, sequence: 0), message)
    }
}
