import Foundation
import Testing

/// The real trace-cmd, which reads the files that `fleetrace export` writes.
enum TraceCmdProgram {
    static let path: String? = ["/usr/bin/trace-cmd", "/usr/local/bin/trace-cmd"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// A line of `trace-cmd report -t -N`.
    struct Event: Equatable {
        /// The file's name, when several are read.
        var file: String
        /// ns.
        var time: Int64
        var task: String
        var pid: Int
        var cpu: Int
        var name: String
        var text: String

        /// Nil when the line is no event.
        init?(_ line: String) {
            guard
                let match = line.wholeMatch(
                    of: /(?:(\S+)\.dat: )? *(.*)-(\d+) +\[(\d+)\] +(\d+)\.(\d{9}): (\S+): *(.*)/),
                let pid = Int(match.3), let cpu = Int(match.4), let seconds = Int64(match.5), let rest = Int64(match.6)
            else { return nil }
            file = match.1.map { ($0 as Substring).split(separator: "/").last.map(String.init) ?? "" } ?? ""
            time = seconds * 1_000_000_000 + rest
            task = String(match.2)
            self.pid = pid
            self.cpu = cpu
            name = String(match.7)
            text = String(match.8)
        }
    }

    /// What it prints. Its plugins are off: they replace the kernel's formats.
    static func report(_ files: [String], _ options: [String] = []) async throws -> [String] {
        let files = files.flatMap { ["-i", $0] }
        let process = try RunningProcess([try #require(path), "report", "-t", "-N"] + options + files)
        guard try await process.exit(within: .seconds(60)) == .success else {
            throw TestFailure("trace-cmd report: \(process.errors.text)")
        }
        return process.output.texts
    }
}

extension Trait where Self == ConditionTrait {
    static var needsTraceCommand: Self {
        .enabled(
            if: TraceCmdProgram.path != nil,
            "SKIPPED, not tested: trace-cmd is not installed (scripts/install-packages)")
    }
}
