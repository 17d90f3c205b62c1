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
        output: OutputStream = .standardOutput, clock: ClockOptions, times: TimeDisplay = TimeDisplay()
    ) {
        reader = LiveReader(
            description, format: format, filter: filter, output: output, wander: clock.wander, times: times)
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
