import Foundation
import Testing

extension IntegrationTests {
    /// A controller that is killed or upgraded while sessions run, with real agents and numbered calls.
    @Suite(.serialized)
    struct ControllerRestartProcessTests {
        private static let files = FileManager.default

        /// The one session in the controller's folder.
        private static func session(of fleet: Fleet) throws -> String {
            let sessions = try files.contentsOfDirectory(atPath: fleet.data).filter {
                files.fileExists(atPath: "\(fleet.data)/\($0)/manifest.json")
            }
            guard sessions.count == 1 else { throw TestFailure("\(sessions.count) sessions: \(sessions)") }
            return "\(fleet.data)/\(sessions[0])"
        }

        private static func manifest(_ session: String) throws -> String {
            try String(contentsOfFile: session + "/manifest.json", encoding: .utf8)
        }

        /// Waits for the session's end, and checks that every call is there exactly once and the account is whole.
        private static func checkWhole(_ session: String, _ fleet: Fleet) async throws {
            try await eventually("the session has ended", within: .seconds(60)) {
                try !Self.manifest(session).contains("\"recording\"")
            }
            let ended = try manifest(session)
            #expect(ended.contains("\"complete\""), "\(ended)")
            let records = try await fleet.report(session)
            for name in fleet.names {
                let calls = NumberedCalls(records, node: name)
                #expect(calls.fault == nil, "\(name): \(calls.fault ?? "")")
                #expect(calls.count > 200)
            }
        }

        /// Begins a session that belongs to the controller: it is there after its end, and no command holds it.
        private static func detach(_ load: SystemCallLoad, _ fleet: Fleet) async throws -> String {
            try await fleet.run(["record", "--detach", "--name", "kept"] + load.selection + fleet.access)
            let session = try session(of: fleet)
            try await eventually("it records", within: .seconds(10)) {
                files.fileExists(atPath: "\(session)/nodes/\(fleet.names[0])")
            }
            return session
        }

        @Test("kill -9 of the controller, twice, with writes under way: nothing is missing, and nothing is there twice")
        func killed() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 2000)
                let session = try await Self.detach(load, fleet)
                for pause in [1, 4] {
                    fleet.controller?.kill()
                    _ = try await fleet.controller?.exit()
                    try await Task.sleep(for: .seconds(pause))
                    try await fleet.startController()
                    try await fleet.connected(fleet.names)
                }
                let log = fleet.controller?.errors.text ?? ""
                #expect(log.contains("goes on with a session of an earlier controller"), "\(log)")
                try await load.stop()
                try await fleet.run(["stop", "kept"] + fleet.access)
                try await Self.checkWhole(session, fleet)
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("kill -9 while the session stops: the next controller stops it")
        func stopping() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 2000)
                let trace = try await fleet.trace(load.selection + ["--format", "json"])
                try await trace.output.line(containing: "\"type\":\"event\"")
                let session = try Self.session(of: fleet)
                try await Task.sleep(for: .seconds(1))
                let paused = try #require(fleet.agent(fleet.names[0]))
                paused.send(SIGSTOP)
                trace.send(SIGINT)
                try await Task.sleep(for: .milliseconds(300))
                fleet.controller?.kill()
                _ = try await fleet.controller?.exit()
                paused.send(SIGCONT)
                try await fleet.startController()
                try await load.stop()
                trace.kill()
                try await Self.checkWhole(session, fleet)
            }
        }

        @Test("SIGTERM hands the sessions over to the next controller: an upgrade loses nothing")
        func upgraded() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 2000)
                let session = try await Self.detach(load, fleet)
                let before = try #require(fleet.controller)
                before.send(SIGTERM)
                #expect(try await before.exit(within: .seconds(10)) == .success)
                #expect(!fleet.instances.isEmpty)
                try await fleet.startController()
                try await fleet.connected(fleet.names)
                try await load.stop()
                try await fleet.run(["stop", "kept"] + fleet.access)
                try await Self.checkWhole(session, fleet)
            }
        }

        @Test("SIGINT ends the sessions: their nodes stop at once")
        func interrupted() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await fleet.trace(["-e", "sched:sched_process_exec"])
                fleet.controller?.send(SIGINT)
                _ = try await trace.exit(within: .seconds(45))
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }
    }
}
