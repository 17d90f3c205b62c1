import ArgumentParser
import SystemFacts
import Testing
import TraceProtocol

@testable import fleetrace

/// How a command line becomes a request.
@Suite struct OptionTests {
    @Test("Every option of a trace stands in its request")
    func session() throws {
        let options = try SessionOptions.parse([
            "-e", "sched", "-e", "irq:*", "-p", "kprobe:vfs_read", "-f", "sched:sched_switch: prev_pid != 0", "-T",
            "sched:sched_process_exec: traceoff", "--stack", "kprobe:vfs_read", "--pid", "12", "--comm", "nginx*",
            "--on",
            "role=db", "--on", "web-*", "--for", "1.5s", "--start-in", "2s", "--buffer", "512", "--partial", "--",
            "sleep",
            "1",
        ])
        let session = options.session(name: "s1")
        let request = session.request
        #expect(request.selectors == ["role=db", "web-*"])
        #expect(request.events == ["sched", "irq:*"] && request.probes == ["kprobe:vfs_read"])
        #expect(request.filters.map(\.event) == ["sched:sched_switch"])
        #expect(request.filters.map(\.text) == ["prev_pid != 0"])
        #expect(request.triggers.map(\.text) == ["traceoff"])
        #expect(request.stacks == ["kprobe:vfs_read"] && request.pids == [12] && request.comms == ["nginx*"])
        #expect(request.bufferKilobytes == 512 && request.partial && request.startInMs == 2000)
        #expect(request.name == "s1" && !request.keep && !request.hasCount)
        #expect(session.timeLimit == .milliseconds(1500) && session.command == ["sleep", "1"])
    }

    @Test("How nodes go on without the controller stands in the request; a part of a second is a whole one")
    func attendance() throws {
        func request(_ options: String...) throws -> WireOpenSession {
            try SessionOptions.parse(["-e", "sched"] + options).session().request
        }
        let usual = try request()
        #expect(usual.leaseSeconds == 0 && !usual.unattended && usual.onFull == .overwrite)
        #expect(try request("--lease", "1h").leaseSeconds == 3600)
        #expect(try request("--lease", "1500ms").leaseSeconds == 2)
        #expect(try request("--unattended", "--on-full", "stop").unattended)
        #expect(try request("--on-full", "drop").onFull == .drop && request("--on-full", "stop").onFull == .stop)
    }

    @Test("Functions, call trees and their limits stand in the request")
    func functions() throws {
        func request(_ options: String...) throws -> WireOpenSession {
            try SessionOptions.parse(options).session().request
        }
        let entries = try request(
            "--function", "vfs_*", "--function", "tcp_*", "--no-function", "tcp_v6*", "--func-stack")
        #expect(entries.functionTrace.functions == ["vfs_*", "tcp_*"] && entries.functionTrace.excluded == ["tcp_v6*"])
        #expect(entries.functionTrace.stacks && !entries.functionTrace.isGraph && entries.events.isEmpty)
        let trees = try request("--graph", "vfs_read", "--depth", "5", "--pid", "1").functionTrace
        #expect(trees.graph == ["vfs_read"] && trees.depth == 5 && trees.isGraph && trees.functions.isEmpty)
        #expect(try !request("-e", "sched").hasFunctionTrace)
    }

    @Test(
        "What cannot be a trace is a usage error",
        arguments: [
            ([], "say which events"), (["-p", "kprobe"], "probe"), (["-e", "sched", "--buffer", "-1"], "--buffer"),
            (["-e", "sched", "--for", "soon"], "a length of time is a number with ns, us, ms, s, m, h or d"),
            (["-e", "sched", "--local", "65"], "--local: 1 to 64 agents"),
            (["-e", "sched", "-f", "prev_pid"], "prev_pid"),
            (["-e", "sched", "--lease", "500ms"], "--lease: 1s to 168h"),
            (["-e", "sched", "--lease", "200h"], "--lease: 1s to 168h"),
            (["-e", "sched", "--lease", "1h", "--unattended"], "choose one"),
            (["-e", "sched", "--on-full", "wait"], "'overwrite', 'drop' or 'stop'"),
            (["-e", "sched", "--depth", "2"], "belong to a function trace"),
            (["-e", "sched", "--no-function", "x"], "belong to a function trace"),
            (["--function", "vfs_*", "--depth", "2"], "name --graph"),
            (["--graph", "vfs_read", "--depth", "0"], "--depth: 1 to 255"),
            (["--graph", "vfs_read", "--func-stack"], "goes with --function"),
            (["--function", "vfs_read:traceoff"], "is no pattern of functions"),
            (["--function", "vfs_*", "--comm", "nginx"], "use --pid"),
        ])
    func refused(_ arguments: [String], _ message: String) {
        #expect {
            try SessionOptions.parse(arguments)
        } throws: { error in
            SessionOptions.message(for: error).contains(message)
        }
    }

    @Test("--local runs a controller here; otherwise there is one to connect to")
    func access() throws {
        guard case .local(agents: 2) = try NodeOptions.parse(["--local", "2"]).access else {
            Issue.record("--local is not local")
            return
        }
        let options = try NodeOptions.parse([
            "--controller", "[::1]:99", "--pki", "keys", "--cert", "me.crt", "--server-name", "c1",
        ])
        guard case .fleet(let endpoint) = options.access else {
            Issue.record("no controller")
            return
        }
        #expect(endpoint.address.description == "[::1]:99" && endpoint.serverName == "c1")
        #expect(endpoint.files.certificate == "me.crt" && endpoint.files.privateKey == "keys/operator.key")
    }

    @Test("How to reach the controller stands in command lines that are printed, as a shell reads it")
    func hint() throws {
        #expect(try ConnectionOptions.parse([]).hint == "")
        let options = try ConnectionOptions.parse([
            "--controller", "[::1]:99", "--pki", "my keys", "--server-name", "c1", "--key", "/etc/o'k",
        ])
        #expect(options.hint == " --controller '[::1]:99' --server-name c1 --pki 'my keys' --key '/etc/o'\\''k'")
    }

    @Test("A detached session is the controller's: it is kept, has a name, and its start says how to reach it")
    func detached() throws {
        let command = try RecordCommand.parse(["--detach", "--name", "weekly", "-e", "sched", "--pki", "keys"])
        #expect(command.detach && command.name == "weekly")
        let session = DetachedSession(session: command.session.session(), options: " --pki keys")
        var description = WireSessionDescription()
        description.session = 0x4f
        #expect(session.lines(description).last == "copy it:   fleetrace fetch 4f -o DIR --pki keys")
        description.name = "weekly"
        description.detached = true
        #expect(
            session.lines(description) == [
                "session 4f (weekly) belongs to the controller", "watch it:  fleetrace attach weekly --pki keys",
                "end it:    fleetrace stop weekly --pki keys", "copy it:   fleetrace fetch weekly -o DIR --pki keys",
            ])
    }

    @Test("A count: counters and events apart, keys without the node, the interval in milliseconds")
    func count() throws {
        let mixed = try CountOptions.parse(["-e", "sched:sched_switch,page-faults"])
        var request = WireOpenSession()
        try mixed.fill(&request, interval: .zero, isForPrograms: false)
        #expect(request.events == ["sched:sched_switch"] && request.count.counters == ["page-faults"])
        #expect(request.count.intervalMs == 0 && !request.count.perNode)

        let keyed = try CountOptions.parse(["-e", "sched:sched_switch", "--by", "node,next_comm"])
        var second = WireOpenSession()
        try keyed.fill(&second, interval: .milliseconds(250), isForPrograms: false)
        #expect(second.count.keys == ["next_comm"] && second.count.perNode && second.count.intervalMs == 250)
    }

    @Test("A latency names its two events itself, and probes among them are planted")
    func latency() throws {
        let options = try CountOptions.parse(["--latency", "kprobe:vfs_read,sched:sched_switch"])
        var request = WireOpenSession()
        try options.fill(&request, interval: .zero, isForPrograms: true)
        #expect(request.probes == ["kprobe:vfs_read"] && request.events == ["sched:sched_switch"])
        #expect(request.count.latency.entry == "kprobe:vfs_read" && request.count.perNode)
    }

    @Test("Moments: after the first event, or since the epoch")
    func moments() {
        guard case .offset(.milliseconds(1500)) = MomentArgument(argument: "1.5s")?.moment else {
            Issue.record("1.5s")
            return
        }
        guard
            case .epoch(EpochInstant(nanoseconds: 1_700_000_000_500_000_000)) = MomentArgument(
                argument: "@1700000000.5")?.moment
        else {
            Issue.record("@1700000000.5")
            return
        }
        #expect(MomentArgument(argument: "soon") == nil && MomentArgument(argument: "@soon") == nil)
    }

    @Test("The length is in the request: nodes stop by themselves. A command can be followed, or left running")
    func lengthAndCommand() throws {
        let session = try SessionOptions.parse([
            "-e", "sched", "--for", "1.5s", "--follow", "--leave-running", "--", "ls",
        ])
        .session()
        #expect(session.request.lengthNs == 1_500_000_000)
        #expect(session.follows && session.leavesRunning && session.command == ["ls"])
        #expect(throws: (any Error).self) { try SessionOptions.parse(["-e", "sched", "--follow"]) }
        #expect(throws: (any Error).self) { try SessionOptions.parse(["-e", "sched", "--leave-running"]) }
        #expect(throws: (any Error).self) {
            try SessionOptions.parse(["-e", "sched", "--follow", "--pid", "1", "--", "ls"])
        }
        #expect(throws: (any Error).self) { try SessionOptions.parse(["-e", "sched", "--comm", "sixteen-bytes-ab"]) }
        #expect(try SessionOptions.parse(["-e", "sched", "--force"]).session().request.forceProbes)
    }

    @Test(
        "Moments as reports print them",
        arguments: [
            "18:33:51.5", "18:33", "00:00:00", "23:59:59.999999999", "2026-11-28T18:33:51.5", "2026-11-28 18:33:51Z",
            "1.5s",
            "@1700000000.5", "12345.678901234",
        ])
    func moments(text: String) throws {
        #expect(MomentArgument(argument: text) != nil)
    }

    @Test("A line's mark is no part of its time, and UTC is a choice")
    func copiedMoments() {
        #expect(MomentArgument(argument: "~18:33:51.5")?.moment == MomentArgument(argument: "18:33:51.5")?.moment)
        #expect(
            MomentArgument(argument: "2026-11-28T18:33:51.5")?.moment(isUTC: true)
                == .epoch(EpochInstant(nanoseconds: 1_795_890_831_500_000_000)))
        #expect(
            MomentArgument(argument: "@1795890831.000000001")?.moment
                == .epoch(EpochInstant(nanoseconds: 1_795_890_831_000_000_001)))
        #expect(MomentArgument(argument: "8531.25")?.moment == .seconds(.milliseconds(8_531_250)))
    }

    @Test(
        "What is no moment",
        arguments: [
            "24:00", "18:60", "18:33:60", "18", "x", "18:33:51.", "18:33:51.x", "2026-02-30T00:00", "2026-13-01T00:00",
            "18:33Z",
            "2026-11-28", "1:2:3:4", "-1:00", "",
        ])
    func noMoments(text: String) throws {
        #expect(ClockTime(text) == nil)
    }

    @Test("A date in UTC is that moment, and a time of day keeps its fraction")
    func clockTimes() throws {
        #expect(
            ClockTime("2026-11-28T18:33:51.5Z")?.moment
                == .epoch(EpochInstant(nanoseconds: 1_795_890_831_500_000_000)))
        #expect(
            ClockTime("18:33:51.000000001")?.moment == .timeOfDay(.seconds(66_831) + .nanoseconds(1)))
    }
}
