import Foundation
import Testing

extension Lab {
    /// Traces on guests while a command runs on each.
    ///
    /// - Returns: the events.
    func events(
        _ arguments: [String], while command: String, on guests: [String]? = nil
    ) async throws -> [TimelineRecord] {
        let guests = guests ?? self.guests
        let trace = try await trace(arguments + Lab.on(guests) + ["--format", "json"])
        try await self.guests(command, on: guests)
        trace.send(SIGINT)
        let status = try await trace.exit(within: .seconds(60))
        #expect(status == .success, "\(trace.errors.text)")
        let account = AccountLine.all(in: trace.errors.texts)
        #expect(account.count == guests.count && account.allSatisfy(\.balances), "\(trace.errors.text)")
        return try TimelineRecord.parse(trace.output.texts).events
    }

    /// The texts of such events, by node.
    func texts(
        _ arguments: [String], while command: String, on guests: [String]? = nil
    ) async throws -> [String: [String]] {
        let events = try await events(arguments, while: command, on: guests)
        return Dictionary(grouping: events, by: \.node).mapValues { $0.compactMap(\.text) }
    }

    /// Whether this machine's own kernel has kprobes, by its own files.
    static let hostHasKprobes = FileManager.default.fileExists(atPath: "\(TracefsState.root ?? "")/kprobe_events")
}

/// How many lines a pattern matches as a whole.
func count(_ lines: [String]?, _ form: String) -> Int {
    (lines ?? []).count { $0.range(of: "^\(form)$", options: .regularExpression) != nil }
}
