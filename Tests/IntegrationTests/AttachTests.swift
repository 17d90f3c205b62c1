import Foundation
import Testing

extension IntegrationTests {
    /// Watching a session that somebody else runs.
    @Suite(.serialized)
    struct AttachTests {
        @Test("Who attaches later sees the owner's lines from the start; leaving does not end the session")
        func sameLines() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 300)
                let owner = try await fleet.trace(load.selection + ["--format", "json"])
                try await owner.output.line(containing: "\"type\":\"event\"")
                let list = try await fleet.run(["sessions"] + fleet.access).output.texts
                let id = try #require(list.dropFirst().first?.split(separator: " ").first.map(String.init))

                let passing = try RunningProcess(
                    [try Executables.fleetrace(), "attach", id, "--format", "json"] + fleet.access)
                try await passing.output.line(containing: "\"type\":\"event\"")
                passing.send(SIGINT)
                let left = try await passing.exit()
                #expect(left == .success, "\(passing.errors.text)")
                #expect(passing.errors.text.contains("the session goes on"))

                let watcher = try RunningProcess(
                    [try Executables.fleetrace(), "attach", String(id.prefix(8)), "--format", "json"] + fleet.access)
                try await watcher.output.line(containing: "\"type\":\"event\"")
                #expect(owner.isRunning)
                owner.send(SIGINT)
                let (ended, watched) = (try await owner.exit(), try await watcher.exit())
                try await load.stop()
                #expect(ended == .success && watched == .success, "\(owner.errors.text)\(watcher.errors.text)")
                // The order depends on the logs alone.
                let events = { (texts: [String]) in texts.filter { $0.hasPrefix("{\"type\":\"event\"") } }
                #expect(events(watcher.output.texts) == events(owner.output.texts))
                #expect(!events(owner.output.texts).isEmpty)

                // What has ended, and is read by nobody, cannot be watched.
                let late = try await fleet.run(["attach", String(id.prefix(8))] + fleet.access, expecting: .exited(1))
                #expect(late.errors.text.contains("is running or stored"), "\(late.errors.text)")

                let nobody = try await fleet.run(["attach", "feed"] + fleet.access, expecting: .exited(1))
                #expect(nobody.errors.text.contains("no session feed is running or stored"), "\(nobody.errors.text)")
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }
    }
}
