import Foundation
import Testing

extension LabTests {
    /// Messages between guests, seen by kprobes on both.
    @Suite(.serialized)
    struct LabCausalTests {
        /// What the summary counts.
        private static func numbers(_ lines: [String], _ form: String) -> [Int]? {
            for line in lines {
                guard let match = line.range(of: form, options: .regularExpression) else { continue }
                return line[match].split { !$0.isNumber }.compactMap { Int($0) }
            }
            return nil
        }

        @Test("Segments between two guests are paired, and none stands before its send")
        func segments() async throws {
            try await Lab.with { lab in
                let guests = try await lab.guests(having: .typedArguments)
                guard guests.count >= 2 else {
                    print("SKIPPED, not tested: no two guests of this lab have \(LabFeature.typedArguments.name)")
                    return
                }
                // The oldest with the newest.
                let (client, server) = (guests[0], guests[guests.count - 1])
                let path = lab.folder.file("session")
                let record = try await lab.record(["--causal", "tcp", "--on", client, "--on", server], into: path)
                let address = "10.76.0.\(server.split(separator: "-").last ?? "0")"
                // Without an input that stays open it would end the connection at once.
                async let received = lab.guest(
                    server,
                    "mkfifo /tmp/open; sleep 50 >/tmp/open & timeout 50 nc -l -p 7171 </tmp/open | wc -l; kill $!; rm /tmp/open"
                )
                // It listens a moment later.
                let load = "i=0; while [ $i -lt 100 ]; do echo line $i; usleep 10000; i=$((i+1)); done"
                try await lab.guest(
                    client,
                    "until \(load) | nc \(address) 7171; do usleep 100000; done")
                let count = try await received
                #expect(count == ["100"])
                record.send(SIGINT)
                let status = try await record.exit(within: .seconds(60))
                // An interrupt within a probe may send a segment: that one is missed, which the account says.
                let isMissed = record.errors.text.contains("missed by probes")
                #expect((status == .success) != isMissed, "\(record.errors.text)")

                let report = try await lab.run(["report", path, "--causal", "tcp", "--summary"], expecting: nil)
                let lines = report.output.texts + report.errors.texts
                #expect((report.exitStatus == .success) != isMissed, "\(lines)")
                let used = try #require(Self.numbers(lines, "[0-9]+ matched, [0-9]+ used"), "\(lines)")
                // Most lines are a segment, and most of these have an acknowledgement of their own.
                #expect(used.count == 2 && used[0] >= 50 && used[1] == used[0], "\(lines)")
                let inverted = try #require(
                    Self.numbers(lines, "times shown: [0-9]+ before, [0-9]+ after"), "\(lines)")
                #expect(inverted.last == 0, "\(lines)")
                let kernels = [client, server].map { Lab.kernels[$0] ?? "" }
                print("lab: \(kernels): \(lines.filter { $0.hasPrefix("messages") })")
            }
        }

        @Test("A kernel that knows no names of arguments refuses, and says what it lacks")
        func olderKernels() async throws {
            try await Lab.with { lab in
                let lacking = try await lab.split(by: .typedArguments).lacking
                for name in lacking {
                    let refused = try await lab.run(
                        ["trace", "--causal", "tcp", "--for", "1s", "--on", name] + lab.access, expecting: .exited(1))
                    #expect(refused.errors.text.contains("node \(name): "), "\(refused.errors.text)")
                    #expect(refused.errors.text.contains("Linux 6.6"), "\(refused.errors.text)")
                }
                if lacking.isEmpty { print("SKIPPED, not tested: all guests of this lab know names of arguments") }
            }
        }
    }
}
