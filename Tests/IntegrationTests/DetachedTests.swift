import Foundation
import Testing

extension IntegrationTests {
    /// Sessions that belong to the controller: every verb that has to do with them.
    @Suite(.serialized)
    struct DetachedTests {
        private static func session(_ fleet: Fleet, _ name: String) async throws -> [String: Any]? {
            try await fleet.sessions().first { $0["name"] as? String == name }
        }

        private static func files(below folder: String) throws -> [String: Data] {
            var files: [String: Data] = [:]
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder) where name.hasSuffix(".seg") {
                files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            return files
        }

        @Test("A session is left to the controller, listed, watched, stopped, fetched and reported, by its name")
        func life() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 1500)
                let begin = try await fleet.run(
                    ["record", "--detach", "--name", "weekly"] + load.selection + fleet.access)
                let unrecorded = load.calls
                #expect(begin.errors.text.contains("it goes on without this command"), "\(begin.errors.text)")
                // What it prints can be run as it is.
                for verb in ["attach", "stop", "fetch"] {
                    #expect(begin.output.text.contains("fleetrace \(verb) weekly"), "\(begin.output.text)")
                    #expect(begin.output.text.contains("--controller 127.0.0.1:\(fleet.port) --pki \(fleet.pki)"))
                }
                let twice = try await fleet.run(
                    ["record", "--detach", "--name", "weekly"] + load.selection + fleet.access, expecting: .exited(1))
                #expect(twice.errors.text.contains("weekly"), "\(twice.errors.text)")

                let watcher = fleet.keep(
                    try RunningProcess(
                        [try Executables.fleetrace(), "attach", "weekly", "--format", "json"] + fleet.access))
                try await watcher.output.line(containing: "\"type\":\"event\"")
                watcher.send(SIGINT)
                #expect(try await watcher.exit() == .success)
                let running = try #require(try await Self.session(fleet, "weekly"))
                #expect(running["running"] as? Bool == true && running["detached"] as? Bool == true, "\(running)")
                let early = try await fleet.run(["report", "weekly"] + fleet.access, expecting: .exited(1))
                #expect(early.errors.text.contains("still records"), "\(early.errors.text)")

                // A copy of what still runs, over a connection that breaks.
                let proxy = try await CuttingProxy.start(fleet, cuts: 3, seed: 6)
                let live = fleet.folder.file("live")
                let fetch = fleet.keep(
                    try RunningProcess(
                        [try Executables.fleetrace(), "fetch", "weekly", "-o", live] + proxy.access(fleet)))
                try await eventually("three cuts: \(fetch.errors.text)", within: .seconds(60)) { proxy.cuts == 3 }
                try await eventually("2,000 calls", within: .seconds(20)) { load.calls > unrecorded + 2000 }
                let stop = try await fleet.run(["stop", "weekly"] + fleet.access)
                try await load.stop()
                #expect(stop.output.text.contains("has ended: complete"), "\(stop.output.text)")
                #expect(try await fetch.exit() == .success, "\(fetch.errors.text)")
                #expect(fetch.errors.text.contains("connected again"), "\(fetch.errors.text)")

                let stored = try #require(try await Self.session(fleet, "weekly"))
                #expect(stored["running"] as? Bool == false && stored["state"] as? String == "complete", "\(stored)")
                let later = fleet.folder.file("later")
                let second = try await fleet.run(["fetch", "weekly", "-o", later] + fleet.access)
                #expect(AccountLine.all(in: second.errors.texts).count { $0.balances } == 2, "\(second.errors.text)")
                let id = try #require(stored["session"] as? String)
                let own = try Self.files(below: "\(fleet.data)/\(id)")
                #expect(own.count == 2)
                #expect(try Self.files(below: live) == own)
                #expect(try Self.files(below: later) == own)
                let again = try await fleet.run(["fetch", "weekly", "-o", later] + fleet.access, expecting: .exited(1))
                #expect(again.errors.text.contains("exists already"), "\(again.errors.text)")

                let direct = try await fleet.run(["report", "weekly", "--format", "json"] + fleet.access).output.texts
                #expect(direct == (try await fleet.run(["report", later, "--format", "json"]).output.texts))
                // Now that it has ended, an attachment prints the same: all of its probes bound all of its events.
                let attached = try await fleet.run(["attach", "weekly", "--format", "json"] + fleet.access)
                #expect(attached.output.texts == direct, "\(attached.errors.text)")
                #expect(attached.errors.text.contains("order: of "), "\(attached.errors.text)")
                let courses = try await fleet.run(["clock", later, "--format", "json"]).output.texts
                #expect(courses.count == 2 && courses.allSatisfy { $0.contains("\"points\":[{") }, "\(courses)")
                let calls = NumberedCalls(try TimelineRecord.parse(direct), node: fleet.names[0])
                #expect(calls.fault == nil && calls.count > 2000, "\(calls.fault ?? "") \(calls.count)")
                let summary = try await fleet.run(["report", id, "--summary"] + fleet.access).output.texts
                #expect(summary == (try await fleet.run(["report", live, "--summary"]).output.texts))
                let left = try FileManager.default.contentsOfDirectory(atPath: "/var/tmp")
                #expect(!left.contains { $0.hasPrefix("fleetrace-") && $0.utf8.count == 16 }, "\(left)")
                // Watching what is stored prints all of it, and ends.
                let watched = try await fleet.run(["attach", "weekly", "--format", "json"] + fleet.access)
                let all = try TimelineRecord.parse(watched.output.texts)
                #expect(NumberedCalls(all, node: fleet.names[1]).fault == nil)
            }
        }

        @Test("A path wins over a name, and what is neither says so")
        func names() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let neither = try await fleet.run(["report", "nothing"] + fleet.access, expecting: .exited(1))
                #expect(
                    neither.errors.text.contains("cannot open nothing: No such file or directory")
                        && neither.errors.text.contains("no session nothing is running or stored"),
                    "\(neither.errors.text)")
                let path = try await fleet.run(["report", "./nothing"] + fleet.access, expecting: .exited(1))
                #expect(!path.errors.text.contains("session"), "\(path.errors.text)")
                let nobody = try await fleet.run(
                    ["report", "nothing", "--controller", "127.0.0.1:1", "--pki", fleet.pki], expecting: .exited(1))
                #expect(
                    nobody.errors.text.contains("No such file or directory")
                        && nobody.errors.text.contains("cannot reach the controller"), "\(nobody.errors.text)")
                for verb in [["stop"], ["attach"], ["fetch", "-o", fleet.folder.file("x")]] {
                    let process = try await fleet.run(verb + ["nothing"] + fleet.access, expecting: .exited(1))
                    #expect(process.errors.text.contains("no session nothing is running"), "\(process.errors.text)")
                }
            }
        }

        @Test("Ctrl-C ends a copy of what still runs: what came is intact, and the session goes on")
        func interruptedCopy() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 500)
                try await fleet.run(["record", "--detach", "--name", "long"] + load.selection + fleet.access)
                let copy = fleet.folder.file("copy")
                let fetch = fleet.keep(
                    try RunningProcess([try Executables.fleetrace(), "fetch", "long", "-o", copy] + fleet.access))
                try await eventually("something is copied", within: .seconds(20)) {
                    try FileManager.default.fileExists(atPath: copy) && !Self.files(below: copy).isEmpty
                }
                try await Task.sleep(for: .seconds(2))
                fetch.send(SIGINT)
                #expect(try await fetch.exit(within: .seconds(5)) == .exited(1))
                #expect(fetch.errors.text.contains("interrupted"), "\(fetch.errors.text)")
                let records = try await fleet.report(copy, expecting: .exited(1))
                #expect(NumberedCalls(records, node: fleet.names[0]).fault == nil)
                #expect(try await Self.session(fleet, "long")?["running"] as? Bool == true)
                try await fleet.run(["stop", "long"] + fleet.access)
                try await load.stop()
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }
    }
}
