import Foundation
import Testing

/// A `stat` in each way of making its table, at the same time.
typealias StatWays = [(way: String, stat: RunningProcess)]

extension OperatedFleet {
    /// Starts the same count once for each way.
    func stats(_ arguments: [String], ways: [String] = ["ebpf", "decode"]) async throws -> StatWays {
        var stats: StatWays = []
        for way in ways { stats.append((way, try await stat(arguments + ["--way", way, "--format", "json"]))) }
        return stats
    }
}

extension RunningProcess {
    /// Ends a `stat --format json`, which must succeed, and reads what it printed.
    func countRecords() async throws -> [CountRecord] {
        send(SIGINT)
        let status = try await exit()
        #expect(status == .success, "\(errors.text)")
        return try CountRecord.parse(output.texts)
    }
}
