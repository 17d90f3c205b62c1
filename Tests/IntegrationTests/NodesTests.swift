import Foundation
import Testing

extension IntegrationTests {
    /// `fleetrace nodes`.
    @Suite(.serialized)
    struct NodesTests {
        /// The objects of `--format json`, by node.
        private static func objects(_ fleet: Fleet, _ arguments: [String] = []) async throws -> [String: [String: Any]]
        {
            let lines = try await fleet.run(["nodes", "--format", "json"] + arguments + fleet.access).output.texts
            var objects: [String: [String: Any]] = [:]
            for line in lines {
                let object = try #require(
                    try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "\(line)")
                objects[try #require(object["node"] as? String)] = object
            }
            return objects
        }

        @Test("Each node with its facts, what it sends and its agent's cost; a dead node stays in the table")
        func table() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let facts = ProcessInfo.processInfo
                let record = try await fleet.record(["-e", "raw_syscalls"], into: fleet.folder.file("session"))
                let load = SystemCallLoad(cpu: 0, rate: 20_000)
                var objects: [String: [String: Any]] = [:]
                // Vitals are sent every 5 s, and a share of a CPU needs two of them.
                try await eventually("rates in \(objects)", within: .seconds(20)) {
                    objects = try await Self.objects(fleet)
                    return fleet.names.allSatisfy { name in
                        let node = objects[name] ?? [:]
                        return node["bytes_per_second"] as? Int ?? 0 > 1000
                            && node["events_per_second"] as? Int ?? 0 > 10_000
                            && node["agent_cpu_percent"] as? Double ?? 0 > 0
                            && node["agent_memory_bytes"] as? Int ?? 0 > 4 << 20
                    }
                }
                let kernel = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
                for (index, name) in fleet.names.enumerated() {
                    let node = try #require(objects[name])
                    #expect(node["state"] as? String == "connected")
                    #expect(node["kernel"] as? String == kernel.trimmingCharacters(in: .whitespacesAndNewlines))
                    #expect(node["cpus"] as? Int == facts.activeProcessorCount)
                    #expect(node["sessions"] as? Int == 1)
                    #expect(node["labels"] as? [String: String] == ["number": "\(index + 1)"])
                    #expect((node["agent"] as? String)?.hasPrefix("fleetrace-agent ") == true)
                    #expect(node["clock_bound_ns"] as? Int ?? 0 > 0 && node["rtt_ns"] as? Int ?? 0 > 0)
                }
                try await load.stop()
                let table = try await fleet.run(["nodes", "--on", "number=2"] + fleet.access).output.texts
                #expect(table.count == 2 && table[0].hasPrefix("NODE ") && table[1].hasPrefix(fleet.names[1] + " "))
                for column in [
                    "STATE", "KERNEL", "ARCH", "CPUS", "LABELS", "CLOCK", "DRIFT", "PROBED", "RTT", "SESSIONS",
                    "BYTES/S", "LOST", "AGENT", "CPU", "KEPT",
                ] {
                    #expect(table[0].split(separator: " ").contains { $0 == column }, "\(table[0])")
                }
                record.send(SIGINT)
                try await record.exit()

                fleet.agent(fleet.names[0])?.kill()
                try await eventually("the loss is seen", within: .seconds(20)) {
                    try await Self.objects(fleet)[fleet.names[0]]?["state"] as? String == "gone"
                }
                #expect(try await Self.objects(fleet)[fleet.names[1]]?["state"] as? String == "connected")
            }
        }

        @Test("Malformed selectors, and no controller: the errors")
        func mistakes() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let none = try await fleet.run(["nodes", "--on", "db-*"] + fleet.access, expecting: .exited(1))
                #expect(none.errors.text == "error: no node matches db-*")
                let wrong = try await fleet.run(["nodes", "--on", "a,,b"] + fleet.access, expecting: .exited(1))
                #expect(wrong.errors.text.contains("\"a,,b\" is no selector"))
                let nobody = try await fleet.run(
                    ["nodes", "--pki", fleet.pki, "--controller", "127.0.0.1:1"], expecting: .exited(1))
                #expect(nobody.errors.text.contains("127.0.0.1:1"))
            }
        }

        @Test("--watch uses the whole screen, shows problems in red, and restores the screen", .needsTerminal)
        func watch() async throws {
            try await Fleet.with(agents: 2) { fleet in
                try await TerminalSession.with(columns: 200, rows: 20) { terminal in
                    let command = ([try Executables.fleetrace(), "nodes", "--watch"] + fleet.access)
                        .joined(separator: " ")
                    try await terminal.type("echo before; \(command); echo status $?")
                    try await terminal.until("a table") { screen in
                        screen.first?.hasPrefix("NODE ") == true
                            && fleet.names.allSatisfy { name in
                                screen.contains {
                                    $0.hasPrefix(name + " connected ") || $0.hasPrefix(name + "  connected ")
                                }
                            }
                    }
                    #expect(try await terminal.isAlternate())
                    fleet.agent(fleet.names[0])?.kill()
                    try await terminal.until("a loss") { $0.contains { $0.contains(" gone ") } }
                    let red = try await terminal.coloredScreen().filter { $0.contains("31m") }
                    #expect(red.count == 1 && red.first?.contains(fleet.names[0]) == true, "\(red)")
                    try await terminal.resize(columns: 30, rows: 5)
                    try await terminal.until("a smaller table") { $0.count <= 5 && $0.allSatisfy { $0.count <= 30 } }
                    try await terminal.press("q")
                    let after = try await terminal.until("the shell") { $0.contains("status 0") }
                    #expect(after.contains { $0.contains("before") }, "\(after)")
                    #expect(try await terminal.isAlternate() == false)
                    #expect(try await terminal.isCursorShown())
                }
                // Plain tables when stdout is no terminal.
                let plain = try RunningProcess(
                    [try Executables.fleetrace(), "nodes", "--watch"] + fleet.access)
                try await eventually("three tables") {
                    plain.output.texts.filter { $0.hasPrefix("NODE ") }.count >= 3
                }
                plain.send(SIGINT)
                try await plain.exit()
            }
        }
    }
}
