import OperatorClient
import SystemPackage
import Timeline
import TraceProtocol

/// Writes the session to a directory, or to several one after the other, and counts its events.
final class RecordConsumer: SessionConsumer {
    private let recorder: any RecordingWriter
    private let path: FilePath
    private let mostBytes: UInt64?
    private let onFull: () -> Void
    private var isFull = false

    /// - Parameters:
    ///   - rotation: nil for one directory.
    ///   - mostBytes: the session ends when so many are on disk; nil for no limit.
    ///   - onFull: ends it.
    init(
        _ description: WireSessionDescription, at path: FilePath, rotation: Rotation? = nil, mostBytes: UInt64? = nil,
        onFull: @escaping () -> Void = {}
    ) throws {
        self.path = path
        self.mostBytes = mostBytes
        self.onFull = onFull
        if let rotation {
            recorder = try PartedRecorder(description, at: path, rotation)
        } else {
            recorder = try SessionRecorder(description, at: path)
        }
    }

    func consume(_ chunk: LogChunk) throws {
        try recorder.append(chunk)
        for line in recorder.takeRemarks() { say(line) }
        guard let mostBytes, !isFull, recorder.bytes >= mostBytes else { return }
        isFull = true
        say("\(path) has \(recorder.bytes / 1024) KiB: --max-size is reached, and the session ends")
        onFull()
    }

    func tick() throws {
        try recorder.flush()
    }

    func finish(problem: String) throws -> Verdict {
        let account = try recorder.finish(problem: problem)
        for line in account.lines() { say(line) }
        say("wrote \(path), \(recorder.bytes / 1024) KiB; print it with: fleetrace report \(path)")
        return Verdict(account)
    }
}
