import Foundation
import Testing

extension IntegrationTests {
    /// `fleetrace node`.
    @Suite(.serialized)
    struct NodeTests {
        /// The rows of a section: those below the line that begins with `title`, up to an empty one.
        private static func section(_ title: String, _ lines: [String]) -> [[String]] {
            guard let start = lines.firstIndex(where: { $0.hasPrefix(title) }) else { return [] }
            return lines[(start + 1)...].prefix { !$0.isEmpty }.map { $0.split(separator: " ").map(String.init) }
        }

        @Test("All sections of a node that records a known load; each CPU's account balances")
        func sections() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = fleet.names[0]
                let record = try await fleet.record(
                    ["-e", SystemCallLoad.event, "--on", name], into: fleet.folder.file("session"))
                let load = SystemCallLoad(cpu: 0, rate: 20_000)
                // The clock's history has a row every 10 s.
                try await Task.sleep(for: .seconds(12))
                let busy = try await fleet.run(["node", name] + fleet.access).output.texts
                let text = busy.joined(separator: "\n")
                #expect(
                    busy.first?.hasPrefix("node    \(name)") == true && busy.first?.contains("connected for") == true,
                    "\(text)")
                #expect(busy.contains { $0.hasPrefix("agent ") && $0.contains("labels number=1") })
                let clock = Self.section("clock mono_raw: ±", busy)
                #expect(
                    clock.count >= 3 && clock.dropFirst().allSatisfy { $0[1].hasPrefix("±") && $0.last == "ppm" },
                    "\(text)")

                let rates = Self.section("EVENT ", busy)
                let rate = rates.first { $0.first == SystemCallLoad.event }?.last ?? ""
                #expect(rate.hasSuffix("k") && (15...60).contains(Double(rate.dropLast()) ?? 0), "\(text)")
                #expect(rates.contains { $0.first == "sched:sched_switch" })
                #expect(!Self.section("BUSIEST", busy).isEmpty, "\(text)")
                let cost = try #require(busy.first { $0.hasPrefix("agent's cost: ") })
                #expect(!cost.contains(": 0.0% of a CPU") && cost.contains("MB of memory"), "\(cost)")
                let pages = try #require(busy.first { $0.hasPrefix("  pages: ") })
                #expect(pages.contains(" to 1)"), "\(pages)")
                let log = busy.drop { !$0.hasPrefix("log,") }
                #expect(
                    log.contains { $0.contains(" agent notice: prepare ") && $0.contains("operator=operator") },
                    "\(text)")
                #expect(log.contains { $0.contains(" controller info: node connected") && $0.contains("node=\(name)") })
                #expect(!log.contains { $0.contains(fleet.names[1]) && $0.contains("node connected") })

                // When the load has ended, everything that was recorded arrives.
                try await load.stop()
                var account: [[String]] = []
                try await eventually("the account adds up: \(account)", within: .seconds(15)) {
                    account = Array(
                        Self.section("session ", try await fleet.run(["node", name] + fleet.access).output.texts)
                            .dropFirst())
                    let numbers = account.map { $0.prefix(6).compactMap { UInt64($0) } }
                    return !numbers.isEmpty
                        && numbers.allSatisfy { $0.count == 6 && $0[1] == $0[2] + $0[3] && $0[4] == 0 && $0[5] == 0 }
                }
                #expect(account.count == ProcessInfo.processInfo.activeProcessorCount)
                #expect(account.contains { $0[1].count >= 6 }, "the load's CPU has recorded its calls: \(account)")
                #expect(
                    account.allSatisfy { $0.suffix(3).joined(separator: " ").hasPrefix("of ") || $0.contains("of") })
                record.send(SIGINT)
                try await record.exit()
            }
        }

        @Test("A node that is gone: what the controller knows is shown; a viewer sees everything except rates")
        func gone() async throws {
            try await Fleet.with(agents: 2) { fleet in
                try await fleet.run(["ca", "issue", "operator", "watcher", "--role", "viewer", fleet.pki])
                let viewer =
                    ["--controller", "127.0.0.1:\(fleet.port)"] + fleet.credentials(.operator, "watcher")
                let seen = try await fleet.run(["node", fleet.names[1]] + viewer).output.texts
                #expect(seen.contains { $0.hasPrefix("no rates: ") && $0.contains("tracer") }, "\(seen)")
                #expect(seen.contains { $0.hasPrefix("BUSIEST") })

                fleet.agent(fleet.names[1])?.kill()
                var lines: [String] = []
                try await eventually("the loss is seen", within: .seconds(20)) {
                    let node = try await fleet.run(["node", fleet.names[1]] + fleet.access, expecting: nil)
                    lines = node.output.texts
                    guard node.exitStatus == .exited(1) else { return false }
                    #expect(node.errors.text == "error: node \(fleet.names[1]) is not connected")
                    return true
                }
                #expect(lines.first?.contains("NOT CONNECTED") == true)
                #expect(lines.contains { $0.contains("controller warning: node lost") }, "\(lines)")
                #expect(!lines.contains { $0.hasPrefix("BUSIEST") })
            }
        }
    }
}
