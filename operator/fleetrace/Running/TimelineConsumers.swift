import OperatorClient
import SessionStore
import SystemPackage
import Timeline
import TraceProtocol

/// Prints the timeline.
final class TraceConsumer: SessionConsumer {
    private let reader: LiveReader

    init(
        _ description: WireSessionDescription, format: OutputFormat, filter: TimelineFilter,
        output: OutputStream = .standardOutput, times: TimeDisplay = TimeDisplay()
    ) {
        reader = LiveReader(description, format: format, filter: filter, output: output, times: times)
    }

    func consume(_ chunk: LogChunk) {
        reader.append(chunk)
    }

    func tick() throws {
        try reader.release()
    }

    func resume() {
        reader.resume()
    }

    func finish(problem: String) throws -> Verdict {
        let account = try reader.finish(problem: problem)
        for line in account.lines() { say(line) }
        return Verdict(account, problem: problem.isEmpty ? reader.filterError : nil)
    }
}

/// Writes the session to a directory of its own, and counts its events.
final class RecordConsumer: SessionConsumer {
    private let recorder: SessionRecorder
    private let path: FilePath
    private let mostBytes: UInt64?
    private let onFull: () -> Void
    private var isFull = false

    /// - Parameters:
    ///   - mostBytes: the session ends when it has so many; nil for no limit.
    ///   - onFull: ends it.
    init(
        _ description: WireSessionDescription, at path: FilePath, mostBytes: UInt64? = nil,
        onFull: @escaping () -> Void = {}
    ) throws {
        self.path = path
        self.mostBytes = mostBytes
        self.onFull = onFull
        recorder = try SessionRecorder(description, at: path)
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

/// Copies the session into a directory, for whoever reads that.
final class CopyConsumer: SessionConsumer {
    private let recorder: SessionRecorder

    init(_ description: WireSessionDescription, at path: FilePath) throws {
        recorder = try SessionRecorder(description, at: path)
    }

    func consume(_ chunk: LogChunk) throws {
        try recorder.append(chunk)
    }

    func tick() throws {
        try recorder.flush()
    }

    func finish(problem: String) throws -> Verdict {
        _ = try recorder.finish(problem: problem)
        return Verdict()
    }
}
