import Foundation
import Testing

extension IntegrationTests {
    /// Commands whose connection breaks go on with the next event.
    @Suite(.serialized)
    struct ReconnectTests {
        private static func losses(_ process: RunningProcess) -> Int {
            process.errors.texts.count { $0.hasPrefix("the connection to the controller was lost") }
        }

        private static func returns(_ process: RunningProcess) -> Int {
            process.errors.texts.count { $0.hasPrefix("connected again after") }
        }

        /// Starts a verb that reaches the controller through a proxy, and returns when it has printed that it runs.
        private static func start(
            _ fleet: Fleet, _ proxy: CuttingProxy, _ arguments: [String], until text: String = "ing "
        ) async throws -> RunningProcess {
            let process = fleet.keep(
                try RunningProcess([try Executables.fleetrace()] + arguments + proxy.access(fleet)))
            try await process.errors.line(containing: text)
            return process
        }

        private static func expectWhole(_ records: [TimelineRecord], _ process: RunningProcess, _ fleet: Fleet) {
            for name in fleet.names {
                let calls = NumberedCalls(records, node: name)
                #expect(calls.fault == nil, "\(name): \(calls.fault ?? "")")
                let line = AccountLine.all(in: process.errors.texts).first { $0.node == name }
                #expect(line?.balances == true && line?.lost == 0, "\(process.errors.text)")
                #expect(line?.received == UInt64(calls.count) && calls.count > 1000, "\(calls.count)")
            }
            #expect(records.isInOrder && !records.contains { $0.isLate })
        }

        @Test("trace: the connection is reset five times, within frames; every event is printed once, in order")
        func trace() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let proxy = try await CuttingProxy.start(fleet, cuts: 5)
                let load = SystemCallLoad(cpu: 0, rate: 2000)
                let trace = try await Self.start(fleet, proxy, ["trace", "--format", "json"] + load.selection)
                try await eventually("five cuts", within: .seconds(60)) { proxy.cuts == 5 }
                try await eventually("connected again: \(trace.errors.text)") { Self.returns(trace) == 5 }
                try await Task.sleep(for: .seconds(2))
                trace.send(SIGINT)
                let status = try await trace.exit()
                try await load.stop()
                #expect(status == .success, "\(trace.errors.text)")
                #expect(Self.returns(trace) == 5, "\(trace.errors.text)")
                Self.expectWhole(try TimelineRecord.parse(trace.output.texts), trace, fleet)
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("record: what comes over the next connection is appended to what is there")
        func record() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let proxy = try await CuttingProxy.start(fleet, cuts: 5, seed: 2)
                let load = SystemCallLoad(cpu: 0, rate: 2000)
                let path = fleet.folder.file("session")
                let record = try await Self.start(fleet, proxy, ["record", "-o", path] + load.selection)
                try await eventually("five cuts", within: .seconds(60)) { proxy.cuts == 5 }
                try await Task.sleep(for: .seconds(1))
                record.send(SIGINT)
                let status = try await record.exit()
                try await load.stop()
                #expect(status == .success, "\(record.errors.text)")
                Self.expectWhole(try await fleet.report(path), record, fleet)
            }
        }

        @Test("attach: the watcher goes on where it was, and the session never knew")
        func attach() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let proxy = try await CuttingProxy.start(fleet, cuts: 3, seed: 3)
                let load = SystemCallLoad(cpu: 0, rate: 2000)
                let owner = try await fleet.trace(load.selection + ["--format", "json"])
                let list = try await fleet.run(["sessions"] + fleet.access).output.texts
                let id = try #require(list.dropFirst().first?.split(separator: " ").first.map(String.init))
                let watcher = try await Self.start(
                    fleet, proxy, ["attach", id, "--format", "json"], until: "connected again")
                try await eventually("three cuts", within: .seconds(60)) { proxy.cuts == 3 }
                try await Task.sleep(for: .seconds(1))
                owner.send(SIGINT)
                let (ended, watched) = (try await owner.exit(), try await watcher.exit())
                try await load.stop()
                #expect(ended == .success && watched == .success, "\(owner.errors.text)\(watcher.errors.text)")
                Self.expectWhole(try TimelineRecord.parse(watcher.output.texts), watcher, fleet)
            }
        }

        @Test("stat: the count goes on, and its total is exact")
        func stat() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let proxy = try await CuttingProxy.start(fleet, cuts: 0)
                let name = SystemCallLoad.freshName()
                let stat = try await Self.start(
                    fleet, proxy,
                    ["stat", "--interval", "50ms", "--format", "json"]
                        + ["-e", SystemCallLoad.event, "-f", SystemCallLoad.filter(name)])
                let load = SystemCallLoad(cpu: 0, rate: 1000, most: 5000, name: name)
                for cuts in 1...2 {
                    try await Task.sleep(for: .seconds(1))
                    proxy.cut()
                    try await eventually("connected again") { Self.returns(stat) == cuts }
                }
                try await load.finished(within: .seconds(30))
                stat.send(SIGINT)
                #expect(try await stat.exit() == .success, "\(stat.errors.text)")
                #expect(Self.losses(stat) == 2)
                let counts = try CountRecord.parse(stat.output.texts).of(fleet.names[0])
                #expect(counts.total == 5000, "\(counts.count) intervals")
            }
        }

        @Test("top goes on too, and the list of nodes with it")
        func top() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let proxy = try await CuttingProxy.start(fleet, cuts: 0)
                let top = fleet.keep(
                    try RunningProcess(
                        [try Executables.fleetrace(), "top", "-e", "sched:sched_switch", "--interval", "100ms"]
                            + proxy.access(fleet)))
                try await top.output.line(containing: fleet.names[0])
                proxy.cut()
                try await top.errors.line(containing: "connected again")
                let lines = top.output.texts.count
                try await eventually("rows go on", within: .seconds(20)) { top.output.texts.count > lines + 20 }
                top.send(SIGINT)
                #expect(try await top.exit() == .success, "\(top.errors.text)")
            }
        }

        @Test("kill -9 of the controller under trace and record: both go on at the next one with the next event")
        func restartedController() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 2000)
                let path = fleet.folder.file("session")
                let trace = try await fleet.trace(load.selection + ["--format", "json"])
                let record = try await fleet.record(load.selection, into: path)
                for restarts in 1...2 {
                    try await Task.sleep(for: .seconds(1))
                    fleet.controller?.kill()
                    try await fleet.controller?.exit()
                    try await Task.sleep(for: .seconds(1))
                    try await fleet.startController()
                    for command in [trace, record] {
                        try await eventually("connected again: \(command.errors.text)", within: .seconds(30)) {
                            Self.returns(command) == restarts
                        }
                    }
                    try await fleet.connected(fleet.names)
                }
                try await Task.sleep(for: .seconds(1))
                for command in [trace, record] {
                    command.send(SIGINT)
                    #expect(try await command.exit() == .success, "\(command.errors.text)")
                }
                try await load.stop()
                Self.expectWhole(try TimelineRecord.parse(trace.output.texts), trace, fleet)
                Self.expectWhole(try await fleet.report(path), record, fleet)
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("Nobody answers: Ctrl-C ends the command at once; what came is intact, and the gap is stated")
        func interrupt() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let proxy = try await CuttingProxy.start(fleet, cuts: 0)
                let load = SystemCallLoad(cpu: 0, rate: 1000)
                let path = fleet.folder.file("session")
                let record = try await Self.start(fleet, proxy, ["record", "-o", path] + load.selection)
                try await Task.sleep(for: .seconds(2))
                proxy.process.kill()
                try await record.errors.line(containing: "connecting again for up to")
                try await Task.sleep(for: .seconds(1))
                #expect(record.isRunning)
                record.send(SIGINT)
                #expect(try await record.exit(within: .seconds(3)) == .exited(1))
                try await load.stop()
                #expect(record.errors.text.contains("interrupted before there was another"), "\(record.errors.text)")
                let records = try await fleet.report(path, expecting: .exited(1))
                #expect(NumberedCalls(records, node: fleet.names[0]).fault == nil)
                let gap = records.first { $0.type == "gap" }
                #expect(gap?.text?.contains("connection to the controller") == true)
                // Its session has the grace, and then ends.
                try await eventually("no instance remains: \(fleet.instances)", within: .seconds(60)) {
                    fleet.instances.isEmpty
                }
            }
        }
    }
}
