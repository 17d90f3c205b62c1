import Foundation
import Testing

extension LabTests {
    /// Agents and the controller are killed in turn under a session with a kprobe, on every kernel of the lab.
    @Suite(.serialized)
    struct LabTakeoverTests {
        /// The numbers of the calls. No process can have them as its pid, so nobody else sends to it.
        private static let first: UInt64 = 0x2000_0000

        /// Calls of kill(2), numbered from `first`, until a file appears, at most a million. Prints their number. The pauses,
        /// for which nothing has to be started, leave an emulated guest's agents some of its CPU.
        private static let load = """
            rm -f /tmp/ftstop /tmp/ftpause; mkfifo /tmp/ftpause; exec 5<>/tmp/ftpause; i=0
            while [ ! -e /tmp/ftstop -a $i -lt 1000000 ]; do
                kill -0 $((\(first) + i)); i=$((i + 1)); [ $((i % 20)) != 0 ] || read -t 0.05 -u 5 nothing
            done 2>/dev/null
            echo $i
            """

        /// Kills agents, but not their guards: those are the same program.
        private static let killAgent = """
            for pid in $(pidof fleetrace-agent); do
                [ $(cat /proc/$pid/comm) != fleetrace-agent ] || kill -9 $pid
            done
            """

        @Test("Agent and controller killed in turn: the probe goes on, and every call of it is there or stated as lost")
        func killedInTurn() async throws {
            try await Lab.with { lab in
                // The first argument of the call, in the registers that it was made with.
                let probe = "p:numbered __x64_sys_kill number=+112(%di):u32 signal=+104(%di):s32"
                let path = lab.folder.file("session")
                let record = try await lab.record(
                    ["-p", probe, "-f", "numbered: signal == 0 && number >= \(Self.first)", "--buffer", "8192"]
                        + Lab.on(lab.guests), into: path)
                async let calls = lab.guests(Self.load, within: .seconds(240))
                for round in 1...2 {
                    try await lab.guests(Self.killAgent)
                    try await Task.sleep(for: .milliseconds(500))
                    try await lab.connected(lab.guests)
                    kill(try lab.pid(of: "controller"), SIGKILL)
                    try await Task.sleep(for: .milliseconds(500))
                    try await lab.connected(lab.names)
                    // Ctrl-C while the connection is broken ends the command without the totals.
                    try await eventually("connected again: \(record.errors.text)", within: .seconds(30)) {
                        record.errors.text.components(separatedBy: "connected again").count > round
                    }
                }
                try await lab.guests("touch /tmp/ftstop")
                let counts = try await calls.mapValues { $0.last.flatMap { UInt64($0) } ?? 0 }
                record.send(SIGINT)
                let status = try await record.exit(within: .seconds(60))
                let accounts = AccountLine.all(in: record.errors.texts)
                #expect(accounts.map(\.node) == lab.guests, "\(status): \(record.errors.text)")
                let records = try await lab.report(path, expecting: status)
                for account in accounts {
                    print("lab: \(Lab.kernels[account.node] ?? "?"): \(account)")
                    // The kernel counted each of them.
                    #expect(account.recorded == counts[account.node] && account.balances, "\(account) \(counts)")
                    let numbers = records.filter { $0.isEvent && $0.node == account.node }
                        .compactMap { $0.number("number") }
                    #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "\(account.node)")
                    #expect(numbers.allSatisfy { $0 < Self.first + (counts[account.node] ?? 0) }, "\(account.node)")
                    #expect(UInt64(numbers.count) == account.received, "\(account)")
                    let stated = records.filter { $0.type == "lost" && $0.node == account.node }
                        .reduce(0) { $0 + ($1.count ?? 0) }
                    #expect(account.lost == 0 && stated == account.lostAtAgent, "\(account), stated \(stated)")
                    let takeovers = records.count { $0.type == "taken_over" && $0.node == account.node }
                    #expect(takeovers == 2, "\(account.node): \(record.errors.text)")
                }
                let missing = accounts.reduce(0) { $0 + $1.lostAtAgent }
                #expect(status == (missing == 0 ? .success : .exited(1)), "\(record.errors.text)")
            }
        }
    }
}
