import Foundation
import SecureTransport
import Testing

extension IntegrationTests {
    /// What a person reads when something is wrong, and the exit status for scripts.
    @Suite(.serialized)
    struct ErrorTests {
        private static let exec = ["-e", "sched:sched_process_exec"]

        /// Runs a `fleetrace trace` that must fail.
        ///
        /// - Returns: its stderr.
        private static func failing(_ fleet: Fleet, _ arguments: [String]) async throws -> String {
            let process = try await fleet.run(
                ["trace", "--for", "200ms"] + arguments + fleet.access, expecting: nil, within: .seconds(40))
            #expect(process.exitStatus != .success, "\(arguments)")
            #expect(process.output.texts.isEmpty)
            return process.errors.text
        }

        @Test("A node refuses an unknown event, a filter, a trigger; nothing is left behind")
        func refusals() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let unknown = try await Self.failing(fleet, ["-e", "sched:sched_swich"])
                #expect(
                    unknown.contains("no event \"sched:sched_swich\"") && unknown.contains("sched:sched_switch"),
                    "\(unknown)")
                #expect(fleet.names.allSatisfy { unknown.contains($0) }, "\(unknown)")

                let condition = "prev_pidd != 0"
                let filter = try await Self.failing(
                    fleet, ["-e", "sched:sched_switch", "-f", "sched:sched_switch: \(condition)"])
                #expect(filter.contains("Field not found"), "\(filter)")
                // The kernel's caret stands below what it points at.
                let lines = filter.split(separator: "\n")
                let shown = try #require(
                    lines.firstIndex { $0.contains(condition) && !$0.contains("refused") }, "\(filter)")
                let caret = try #require(
                    lines[shown + 1].firstIndex(of: "^").map {
                        lines[shown + 1].distance(from: lines[shown + 1].startIndex, to: $0)
                    })
                let start = lines[shown].distance(
                    from: lines[shown].startIndex, to: try #require(lines[shown].range(of: condition)).lowerBound)
                #expect((start...start + condition.count).contains(caret), "\(filter)")

                let trigger = try await Self.failing(
                    fleet, Self.exec + ["-T", "sched:sched_process_exec: nosuchtrigger"])
                #expect(trigger.contains("trigger"), "\(trigger)")
                let stray = try await Self.failing(fleet, Self.exec + ["-f", "sched:sched_switch: prev_pid != 0"])
                #expect(stray.contains("sched:sched_switch"), "\(stray)")
                #expect(fleet.instances.isEmpty)
            }
        }

        @Test("A selector that matches nothing: the error names the nodes that exist")
        func selector() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let nothing = try await Self.failing(fleet, Self.exec + ["--on", "role=db"])
                #expect(nothing.contains("role=db") && fleet.names.allSatisfy { nothing.contains($0) }, "\(nothing)")
                let malformed = try await Self.failing(fleet, Self.exec + ["--on", "=x"])
                #expect(malformed.contains("\"=x\" is no selector"), "\(malformed)")
                let one = try await fleet.trace(Self.exec + ["--on", "number=2", "--for", "200ms"])
                try await one.exit()
                #expect(AccountLine.all(in: one.errors.texts).map(\.node) == [fleet.names[1]])
            }
        }

        @Test("--partial goes on with the nodes that can; without it nothing is started")
        func partial() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let (able, refusing) = (fleet.names[0], fleet.names[1])
                try await Self.restartWithoutExec(refusing, of: fleet)
                let all = try await Self.failing(fleet, Self.exec)
                #expect(all.contains("node \(refusing): no event \"sched:sched_process_exec\""), "\(all)")
                #expect(all.contains("--partial") && !all.contains(able), "\(all)")
                // What the other node had prepared is removed a moment after the operator has the reply.
                try await eventually("nothing is started") { fleet.instances.isEmpty }

                let program = try fleet.folder.uniqueProgram()
                let some = try await fleet.trace(Self.exec + ["--partial"], command: [program])
                let status = try await some.exit()
                #expect(status == .success, "\(some.errors.text)")
                #expect(some.errors.text.contains("on 1 node"), "\(some.errors.text)")
                #expect(some.errors.text.contains("node \(refusing): no event"), "\(some.errors.text)")
                #expect(some.output.texts.count { $0.contains("filename=\(program) ") } == 1)
                #expect(
                    AccountLine.all(in: some.errors.texts).contains {
                        $0.node == able && $0.balances && $0.received > 0
                    })
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        /// All agents here share one kernel. This one runs in a mount namespace where the list of events lacks one.
        private static func restartWithoutExec(_ name: String, of fleet: Fleet) async throws {
            try await fleet.agent(name)?.terminate()
            let list = "\(TracefsState.root ?? "/sys/kernel/tracing")/available_events"
            let all = try RunningProcess(["grep", "-v", "sched_process_exec", list])
            try await all.exit()
            let file = fleet.folder.file("available_events")
            try (all.output.text + "\n").write(toFile: file, atomically: true, encoding: .utf8)
            try fleet.startAgent(
                name, wrapper: ["unshare", "-m", "sh", "-c", "mount --bind \(file) \(list) && exec \"$@\"", "sh"])
            try await fleet.connected([name])
        }

        @Test("No controller at the address")
        func unreachable() async throws {
            try await TemporaryFolder.with { folder in
                let fleetrace = try Executables.fleetrace()
                let pki = folder.file("pki")
                try await RunningProcess([fleetrace, "ca", "init", pki]).exit()
                let nodes = try RunningProcess([fleetrace, "nodes", "--controller", "127.0.0.1:1", "--pki", pki])
                let status = try await nodes.exit(within: .seconds(20))
                #expect(status == .exited(1))
                #expect(nodes.errors.text.contains("127.0.0.1:1") && nodes.errors.text.contains("connection refused"))
                #expect(nodes.errors.texts.count == 1, "\(nodes.errors.text)")
                let missing = try RunningProcess([
                    fleetrace, "nodes", "--controller", "127.0.0.1:1", "--pki", folder.file("none"),
                ])
                let second = try await missing.exit(within: .seconds(20))
                #expect(
                    second == .exited(1) && missing.errors.text.contains(folder.file("none")), "\(missing.errors.text)")
            }
        }

        @Test("Certificates: both sides tell which check failed")
        func certificates() async throws {
            try await Fleet.with(agents: 1) { fleet in
                func nodes(_ arguments: [String]) async throws -> String {
                    let process = try await fleet.run(
                        ["nodes", "--controller", "127.0.0.1:\(fleet.port)"] + arguments, expecting: .exited(1))
                    return process.errors.text
                }
                func log(_ text: String) async throws {
                    try await fleet.controller?.errors.line(containing: text)
                }
                // Another authority.
                let other = fleet.folder.file("other")
                try await fleet.run(["ca", "init", other])
                let wrong = try await nodes(["--pki", other])
                #expect(wrong.contains("authority"), "\(wrong)")
                let mixed = try await nodes([
                    "--cert", "\(other)/operator.crt", "--key", "\(other)/operator.key", "--ca", "\(fleet.pki)/ca.crt",
                ])
                #expect(mixed.contains("refused this certificate"), "\(mixed)")
                try await log("not issued by an authority known here")

                // A node's certificate used by an operator, and an operator's by an agent.
                let role = try await nodes(fleet.credentials(.node, fleet.names[0]))
                #expect(!role.isEmpty, "a node may not list nodes")
                let agent = try RunningProcess(
                    [
                        try Executables.agent(), "--controller", "127.0.0.1:\(fleet.port)", "--cert",
                        "\(fleet.pki)/operator.crt", "--key", "\(fleet.pki)/operator.key", "--ca",
                        "\(fleet.pki)/ca.crt",
                    ])
                defer { agent.kill() }
                try await eventually("an agent with an operator's certificate is told: \(agent.errors.text)") {
                    agent.errors.text.contains("operator") || agent.exitStatus != nil
                }
                #expect(agent.errors.text.contains("operator"), "\(agent.errors.text)")
                try await agent.terminate()

                // Expired, and not valid yet.
                let now = wallClock() / 1_000_000_000
                let authority = try CertificateAuthority.open(fleet.pki)
                for (name, from, until, words) in [
                    ("old", now - 7200, now - 3600, "expired"), ("young", now + 3600, now + 7200, "not valid yet"),
                ] {
                    let identity = try authority.issue(
                        .operator(name, role: .admin), now: now,
                        validity: CertificateValidity(notBefore: from, notAfter: until))
                    let files = (certificate: fleet.folder.file("\(name).crt"), key: fleet.folder.file("\(name).key"))
                    try Data(identity.certificatePEM).write(to: URL(fileURLWithPath: files.certificate))
                    try Data(identity.keyPEM).write(to: URL(fileURLWithPath: files.key))
                    chmod(files.key, 0o600)
                    let text = try await nodes([
                        "--cert", files.certificate, "--key", files.key, "--ca", "\(fleet.pki)/ca.crt",
                    ])
                    #expect(text.contains("certificate"), "\(text)")
                    try await log("the client's certificate \(words == "expired" ? "has expired" : "is not valid yet")")
                }

                // The controller has another name than the expected one.
                let named = try await nodes(["--pki", fleet.pki, "--server-name", "other"])
                #expect(named.contains("--server-name"), "\(named)")
            }
        }

        @Test("A viewer may look, and may not start sessions")
        func viewer() async throws {
            try await Fleet.with(agents: 1) { fleet in
                try await fleet.run(["ca", "issue", "operator", "vera", fleet.pki, "--role", "viewer"])
                let access = ["--controller", "127.0.0.1:\(fleet.port)"] + fleet.credentials(.operator, "vera")
                let list = try await fleet.run(["nodes"] + access)
                #expect(list.output.text.contains(fleet.names[0]))
                let trace = try await fleet.run(
                    ["trace", "--for", "200ms"] + Self.exec + access, expecting: .exited(1))
                #expect(
                    trace.errors.text.contains("vera") && trace.errors.text.contains("tracer"), "\(trace.errors.text)")
                #expect(fleet.instances.isEmpty)
                let profile = try await fleet.run(["profile", "--for", "100ms"] + access, expecting: .exited(1))
                #expect(
                    profile.errors.text.contains("operator vera may not start sessions: that needs the role tracer"),
                    "\(profile.errors.text)")
                #expect(profile.output.text.isEmpty)
                try await fleet.run(["ca", "issue", "operator", "tina", fleet.pki, "--role", "tracer"])
                let tracer = ["--controller", "127.0.0.1:\(fleet.port)"] + fleet.credentials(.operator, "tina")
                try await fleet.run(["trace", "--for", "200ms"] + Self.exec + tracer)
            }
        }

        @Test("An agent without permission for tracefs tells so and ends")
        func noPermission() async throws {
            try await TemporaryFolder.with { folder in
                let fleetrace = try Executables.fleetrace()
                let pki = folder.file("pki")
                try await RunningProcess([fleetrace, "ca", "init", pki]).exit()
                try await RunningProcess([fleetrace, "ca", "issue", "node", "n1", pki]).exit()
                try await RunningProcess(["chown", "-R", "65534:65534", pki]).exit()
                // The build folder may not be accessible to everyone.
                let program = folder.file("fleetrace-agent")
                try FileManager.default.copyItem(atPath: try Executables.agent(), toPath: program)
                let agent = try RunningProcess([
                    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "--controller",
                    "127.0.0.1:1",
                    "--cert", "\(pki)/nodes/n1.crt", "--key", "\(pki)/nodes/n1.key", "--ca", "\(pki)/ca.crt",
                ])
                let status = try await agent.exit(within: .seconds(20))
                #expect(status == .exited(1), "\(agent.errors.text)")
                #expect(
                    agent.errors.text.contains("tracing") && agent.errors.text.contains("run the agent as root"),
                    "\(agent.errors.text)")
            }
        }
    }
}
