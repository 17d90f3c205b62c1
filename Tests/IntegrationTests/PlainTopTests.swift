import Foundation
import Testing

extension IntegrationTests {
    /// `fleetrace top` without a terminal.
    @Suite(.serialized)
    struct PlainTopTests {
        @Test("Plain rows when stdout is no terminal, and no failure when its reader closes the pipe")
        func plain() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 30_000)
                let top = try await fleet.run(
                    ["top", "-e", SystemCallLoad.event, "--for", "4s"] + fleet.access, within: .seconds(30))
                for name in fleet.names {
                    let rows = top.output.texts.filter { $0.contains(" \(name) \(SystemCallLoad.event) ") }
                    #expect(rows.count >= 2, "\(top.output.text)")
                    let rates = rows.compactMap { $0.split(separator: " ").last?.split(separator: "/").first }
                        .map { TopTests.number(String($0)) }
                    #expect(rates.dropFirst().allSatisfy { (25_000..<90_000).contains($0) }, "\(top.output.text)")
                }
                let line = ([try Executables.fleetrace(), "top"] + fleet.access).joined(separator: " ")
                let head = try RunningProcess(["bash", "-c", "set -o pipefail; \(line) | head -1"])
                #expect(try await head.exit() == .success, "\(head.errors.text)")
                try await load.stop()
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("An event that no node has, a counter that does not exist, an interval that is too short")
        func refused() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let unknown = try await fleet.run(
                    ["top", "-e", "sched:sched_swich"] + fleet.access, expecting: .exited(1))
                #expect(unknown.errors.text.contains("sched:sched_switch"))
                let counter = try await fleet.run(
                    ["top", "-e", "no-such-counter"] + fleet.access, expecting: .exited(1))
                #expect(counter.errors.text.contains("no counter of that name"), "\(counter.errors.text)")
                let interval = try await fleet.run(["top", "--interval", "9ms"], expecting: .exited(64))
                #expect(interval.errors.text.contains("--interval: 100ms to 1h"))
            }
        }
    }
}
