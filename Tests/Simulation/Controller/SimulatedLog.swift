import NIOCore
import SessionStore
import TraceProtocol

@testable import ControllerCore

/// One node's log on a simulated disk, as `StoredLog` is in files.
final class SimulatedLog {
    private let file: SimulatedFile
    private let keep: Bool
    private unowned let storage: SimulatedStorage
    private var pending = ByteBuffer()
    private var written = 0
    /// Bytes that readers may have: they never become fewer.
    private(set) var settled = 0
    private var settledSequence: UInt64 = 0
    /// The last numbered frame that was appended.
    private var last: UInt64 = 0
    /// Bytes of numbered frames that wait, to be granted again.
    private var bytes = 0
    private(set) var isUnsynchronized = false
    private(set) var isPaused = false
    private var unsettled = UnsettledRecords()

    enum Outcome {
        case nothing
        case settled(sequence: UInt64, bytes: Int)
        case failed
        /// Bytes of frames that are not stored.
        case surrendered(Int)
    }

    static let failure = StoreError.system("write", path: "data", .noSpace)

    init(_ file: SimulatedFile, keep: Bool, _ storage: SimulatedStorage) {
        self.file = file
        self.keep = keep
        self.storage = storage
    }

    /// Goes on behind what a process that died has left.
    ///
    /// - Parameters:
    ///   - length: of its whole records.
    ///   - sequence: of the last numbered one.
    func resume(length: Int, sequence: UInt64) {
        guard process.step() else { return }
        if bug != .recoveredTailKept { file.truncate(to: length) }
        written = file.length
        (settledSequence, last, isUnsynchronized) = (sequence, sequence, true)
        if keep { _ = synchronize() }
        settled = length
    }

    private var process: SimulatedProcess { storage.loop.process }
    private var bug: PlantedBug? { storage.disk.plan.bug }

    func append(_ record: LogRecord, sequence: UInt64) {
        if sequence > 0 { bytes += record.frame.body.readableBytes }
        if sequence == 0 {
            unsettled.add(record, isPaused: isPaused, areFramesSettled: last == settledSequence)
        }
        guard !isPaused else { return }
        if sequence > 0 {
            guard sequence == last + 1 else { return }
            last = sequence
        }
        let times = sequence % 4 != 3 ? 1 : bug == .recordLost ? 0 : bug == .recordTwice ? 2 : 1
        for _ in 0..<times { record.write(into: &pending) }
    }

    func surrender() -> Int {
        defer { bytes = 0 }
        return bytes
    }

    func write(isSync: Bool) -> Outcome {
        guard !isPaused else { return bytes > 0 ? .surrendered(surrender()) : .nothing }
        if pending.readableBytes > 0, !flush() { return pause() }
        guard isUnsynchronized else { return .nothing }
        if keep, bug != .acknowledgeBeforeSync {
            guard isSync else { return .nothing }
            guard synchronize() else { return pause() }
        }
        return settle()
    }

    private func flush() -> Bool {
        storage.loop.hold(for: storage.disk.time())
        let isDying = process.isAlive
        guard process.step() else {
            if isDying { storage.disk.tear(pending, to: file, at: written) }
            return true
        }
        guard storage.disk.write(pending, to: file, at: written) else { return false }
        written += pending.readableBytes
        pending.clear()
        isUnsynchronized = true
        return true
    }

    private func synchronize() -> Bool {
        storage.loop.hold(for: storage.disk.time())
        guard process.step() else { return true }
        return storage.disk.synchronize(file)
    }

    private func settle() -> Outcome {
        // A process that died meanwhile tells nobody.
        guard process.isAlive else { return .nothing }
        isUnsynchronized = false
        settled = written
        settledSequence = last
        unsettled.removeAll()
        return .settled(sequence: settledSequence, bytes: surrender())
    }

    /// Goes back to what is settled.
    private func pause() -> Outcome {
        isPaused = true
        rewind()
        return .failed
    }

    private func rewind() {
        pending.clear()
        if process.step(), bug != .tornTailKept {
            file.truncate(to: settled)
            written = settled
        } else {
            written = file.length
        }
        last = settledSequence
        isUnsynchronized = false
    }

    /// Tries whether it can be written again.
    ///
    /// - Returns: the number of the last frame that it has; nil while it cannot be written.
    func retry() -> (sequence: UInt64, bytes: Int)? {
        for record in unsettled.records { record.write(into: &pending) }
        guard flush(), synchronize() else {
            rewind()
            return nil
        }
        isPaused = false
        guard case .settled(let sequence, let bytes) = settle() else { return nil }
        return (sequence, bytes)
    }
}
