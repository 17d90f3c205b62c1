import NIOCore
import SessionStore
import TestSupport
import TraceProtocol

/// The controller's disk. It outlives controllers.
final class SimulatedDisk {
    private let world: World
    private var generator: SplitMix64
    let plan: DiskPlan
    /// By session.
    private(set) var sessions: [UInt64: SimulatedSessionFiles] = [:]
    /// Before this time nothing can be written.
    private(set) var brokenUntil: Int64 = 0
    /// Before this time each call takes this long, ns.
    private var slowUntil: Int64 = 0

    init(_ plan: DiskPlan, in world: World) {
        self.plan = plan
        self.world = world
        generator = world.generator("disk")
    }

    func make(_ description: WireSessionDescription) {
        sessions[description.session] = SimulatedSessionFiles(description)
    }

    func remove(_ session: UInt64) { sessions[session] = nil }

    /// Writes to a file, all of it or up to any byte when the disk is full.
    ///
    /// - Returns: whether all of it was written.
    func write(_ bytes: ByteBuffer, to file: SimulatedFile, at offset: Int) -> Bool {
        if world.now < brokenUntil {
            let part = generator.below(bytes.readableBytes)
            if let piece = bytes.getSlice(at: bytes.readerIndex, length: part) { file.write(piece, at: offset) }
            return false
        }
        file.write(bytes, at: offset)
        return true
    }

    /// A process is killed while it writes: some of it is there.
    func tear(_ bytes: ByteBuffer, to file: SimulatedFile, at offset: Int) {
        let part = generator.below(bytes.readableBytes + 1)
        if let piece = bytes.getSlice(at: bytes.readerIndex, length: part) { file.write(piece, at: offset) }
    }

    /// - Returns: whether what was written is durable.
    func synchronize(_ file: SimulatedFile) -> Bool {
        guard world.now >= brokenUntil else { return false }
        if plan.bug != .syncWithoutEffect { file.synchronize() }
        return true
    }

    /// How long a call takes, ns.
    func time() -> Int64 {
        let usual = generator.within(plan.latency)
        return world.now < slowUntil ? usual + generator.within(50 * .millisecond...800 * .millisecond) : usual
    }

    // MARK: Faults

    func fail(for time: Int64) { brokenUntil = max(brokenUntil, world.now + time) }

    func slowDown(for time: Int64) { slowUntil = max(slowUntil, world.now + time) }

    /// Every file loses what was not synchronized, or a part of it.
    func losePower() {
        for session in sessions.sorted(by: { $0.key < $1.key }).map(\.value) {
            // Nothing waits for the disk at the end of a session that does not outlive its controller.
            if !session.description.keep, session.isFinished {
                session.isFinished = false
                session.description.state = "recording"
            }
            if let journal = session.journal {
                let unsure = journal.length - journal.durable
                journal.losePower(keeping: generator.below(unsure + 1))
            }
            for log in session.logs {
                let unsure = log.length - log.durable
                log.losePower(keeping: generator.one(of: [0, unsure, generator.below(unsure + 1)]))
            }
        }
    }
}

/// What is stored of one session.
final class SimulatedSessionFiles {
    var description: WireSessionDescription
    /// By node.
    let logs: [SimulatedFile]
    /// Nil once the session has ended.
    var journal: SimulatedFile? = SimulatedFile()
    var isFinished = false

    init(_ description: WireSessionDescription) {
        self.description = description
        logs = description.nodes.map { _ in SimulatedFile() }
    }
}
