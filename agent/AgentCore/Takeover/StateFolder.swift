import CLinux
import Glibc
import Journals
import Synchronization
import SystemFacts
import TraceProtocol

/// Where an agent keeps what its successor has to know. One agent at a time has it.
final class StateFolder: Sendable {
    let path: String
    /// -1 once it is another agent's.
    private let lock: Mutex<Int32>

    /// Below it each pair of a node and a controller has a folder. It is gone with the next boot, as recordings are.
    static let usualParent = "/run/fleetrace"

    static func usualPath(node: String, controller: String) -> String {
        "\(usualParent)/\(node)@\(String(controller.map { $0 == "/" ? "_" : $0 }))"
    }

    /// Another agent that has it may be about to end.
    private static let attempts = 100
    private static let pause = Duration.milliseconds(10)

    /// Makes the folder where there is none, and waits a second for another agent that has it.
    ///
    /// - Throws: `StateFolderError`.
    init(at path: String) throws(StateFolderError) {
        self.path = path
        Self.makeFolders(path)
        let descriptor = linux_open_private("\(path)/lock", O_RDWR | O_CREAT)
        guard descriptor >= 0 else { throw StateFolderError(path, errnoText(-descriptor)) }
        var isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        for _ in 0..<Self.attempts where !isLocked {
            linux_sleep_nanoseconds(UInt64(Self.pause.wholeNanoseconds))
            isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        }
        guard isLocked else {
            close(descriptor)
            throw StateFolderError(path, "another agent uses it (two agents need two folders: --state)")
        }
        lock = Mutex(descriptor)
    }

    deinit { release() }

    /// Another agent may have it from now on.
    func release() {
        lock.withLock { descriptor in
            if descriptor >= 0 { close(descriptor) }
            descriptor = -1
        }
    }

    /// Each with access for its owner alone. What fails shows when a file is opened.
    private static func makeFolders(_ path: String) {
        var parent = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            parent += "/\(part)"
            mkdir(parent, 0o700)
        }
    }

    var journal: String { "\(path)/journal" }

    // MARK: Frames that an agent leaves

    private static let framesHeader = "FLTRFRM1"
    private static let framesPrefix = "frames-"

    private func framesFile(_ session: UInt64) -> String {
        "\(path)/\(Self.framesPrefix)\(String(session, radix: 16))"
    }

    /// Stores frames that are not acknowledged, for the successor.
    func leave(_ frames: [Frame], of session: UInt64) throws(SystemError) {
        unlink(framesFile(session))
        guard !frames.isEmpty else { return }
        let file = try JournalFile(at: framesFile(session), header: Self.framesHeader)
        for frame in frames { try file.append([frame.type.rawValue] + Array(frame.body.readableBytesView)) }
    }

    /// The frames that an agent has left, as far as they are whole.
    func undelivered(of session: UInt64) -> UndeliveredFrames {
        guard linux_exists(framesFile(session)),
            let file = try? JournalFile(at: framesFile(session), header: Self.framesHeader)
        else { return .none }
        return UndeliveredFrames(
            file.found.compactMap { content in
                content.first.map { Frame(FrameType(rawValue: $0), .init(bytes: content.dropFirst())) }
            })
    }

    /// Their frames are here again, or nobody wants them.
    func removeFrames(of session: UInt64) { unlink(framesFile(session)) }

    func removeAllFrames() {
        for name in (try? SystemFile.names(in: path)) ?? [] where name.hasPrefix(Self.framesPrefix) {
            unlink("\(path)/\(name)")
        }
    }
}

/// An agent cannot use its state folder.
struct StateFolderError: Error, CustomStringConvertible {
    let description: String

    init(_ path: String, _ reason: String) {
        description = "the state folder \(path) cannot be used: \(reason)"
    }
}
