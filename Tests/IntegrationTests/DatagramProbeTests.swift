import Foundation
import Testing

extension IntegrationTests {
    /// Clock probes by UDP beside a node's connection, and over the connection where UDP does not get through.
    @Suite(.serialized, .needsNamespaces)
    struct DatagramProbeTests {
        private static let works = "clock probes go by UDP"
        private static let isSilent = "clock probes by UDP get no reply"

        private static func log(_ fleet: Fleet) -> String { fleet.controller?.errors.text ?? "" }

        /// Half the width of the first node's bound and its shortest round trip, ns.
        private static func clock(_ fleet: Fleet) async throws -> (bound: Int, roundTrip: Int) {
            let lines = try await fleet.run(["nodes", "--format", "json"] + fleet.access).output.texts
            let node = try lines.first.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) } as? [String: Any]
            return (try #require(node?["clock_bound_ns"] as? Int), try #require(node?["rtt_ns"] as? Int))
        }

        /// A session in which the node records is whole, and every line has a bound.
        private static func expectWholeSession(_ fleet: Fleet) async throws {
            let load = SystemCallLoad(cpu: 0, rate: 500)
            let trace = try await fleet.trace(load.selection + ["--format", "json", "--for", "1s"])
            let status = try await trace.exit(within: .seconds(60))
            try await load.stop()
            #expect(status == .success, "\(trace.errors.text)")
            let calls = NumberedCalls(try TimelineRecord.parse(trace.output.texts), node: fleet.names[0])
            #expect(calls.fault == nil && calls.count > 200, "\(calls.fault ?? "") \(calls.count)")
        }

        @Test("Over a link: probes go by UDP, and quicker than over the connection")
        func link() async throws {
            var roundTrips: [Int] = []
            for arguments in [[], ["--no-udp"]] {
                try await NetworkNamespace.with { namespace in
                    let options = Fleet.Options(controllerArguments: arguments, namespaces: [namespace])
                    try await Fleet.with(agents: 1, options) { fleet in
                        if arguments.isEmpty {
                            try await eventually("UDP works") { Self.log(fleet).contains(Self.works) }
                        }
                        try await Self.expectWholeSession(fleet)
                        roundTrips.append(try await Self.clock(fleet).roundTrip)
                        #expect(Self.log(fleet).contains(Self.works) == arguments.isEmpty)
                    }
                }
            }
            print("round trip: by UDP \(roundTrips[0]) ns, over the connection \(roundTrips[1]) ns")
            #expect(roundTrips[0] < roundTrips[1])
        }

        @Test("A node that records spends next to nothing on probes by UDP")
        func cost() async throws {
            try await Fleet.with(agents: 1) { fleet in
                try await eventually("UDP works") { Self.log(fleet).contains(Self.works) }
                let trace = try await fleet.trace(["-e", "sched:sched_process_exec", "--for", "8s"])
                try await Task.sleep(for: .seconds(2))
                let agent = try #require(fleet.agent(fleet.names[0]))
                let (before, begin) = (Self.processorTime(of: "ft-clock", in: agent), ContinuousClock.now)
                try await Task.sleep(for: .seconds(4))
                let (after, end) = (Self.processorTime(of: "ft-clock", in: agent), ContinuousClock.now)
                let spent = Double(try #require(after) - (try #require(before)))
                let part = spent / Double((begin.duration(to: end) / .nanoseconds(1)).rounded())
                print("clock probes by UDP: \(part * 100) % of a CPU on the node")
                // A release takes a tenth of that, and more on a busy machine (docs/internals/performance.md): this finds a
                // thread that does not sleep.
                #expect(spent > 0 && part < 0.05, "\(part)")
                _ = try await trace.exit(within: .seconds(60))
            }
        }

        /// What the threads of a name have used, ns (/proc/PID/task/TID/schedstat).
        private static func processorTime(of name: String, in process: RunningProcess) -> Int? {
            let tasks = "/proc/\(process.pid)/task"
            let ids = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
            return ids.compactMap { id -> Int? in
                guard let comm = try? String(contentsOfFile: "\(tasks)/\(id)/comm", encoding: .utf8),
                    comm.trimmingCharacters(in: .newlines) == name,
                    let stat = try? String(contentsOfFile: "\(tasks)/\(id)/schedstat", encoding: .utf8)
                else { return nil }
                return stat.split(separator: " ").first.flatMap { Int($0) }
            }.max()
        }

        @Test("UDP is blocked, then is not, then is again: probes change their way, and the node stays on the timeline")
        func blocked() async throws {
            try await NetworkNamespace.with { namespace in
                try await namespace.setDatagrams(blocked: true)
                try await Fleet.with(agents: 1, Fleet.Options(namespaces: [namespace])) { fleet in
                    try await Self.expectWholeSession(fleet)
                    #expect(!Self.log(fleet).contains(Self.works))
                    try await namespace.setDatagrams(blocked: false)
                    try await eventually("UDP works", within: .seconds(40)) { Self.log(fleet).contains(Self.works) }
                    try await Self.expectWholeSession(fleet)
                    try await namespace.setDatagrams(blocked: true)
                    try await eventually("UDP is silent", within: .seconds(20)) {
                        Self.log(fleet).contains(Self.isSilent)
                    }
                    try await Self.expectWholeSession(fleet)
                }
            }
        }

        @Test("A relay that forwards no UDP: the connection carries the probes")
        func relay() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let name = fleet.names[0]
                let proxy = try await CuttingProxy.start(fleet, cuts: 0)
                let direct = try #require(fleet.agent(name))
                direct.send(SIGINT)
                _ = try await direct.exit(within: .seconds(15))
                let behind = fleet.keep(
                    try RunningProcess(
                        [try Executables.agent(), "--controller", "127.0.0.1:\(proxy.port)", "--state", "none"]
                            + fleet.credentials(.node, name)))
                try await behind.errors.line(containing: "connected")
                let earlier = Self.log(fleet).count { $0.isNewline }
                try await Self.expectWholeSession(fleet)
                let since = Self.log(fleet).split(whereSeparator: \.isNewline).dropFirst(earlier)
                #expect(!since.contains { $0.contains(Self.works) })
                behind.send(SIGINT)
                _ = try await behind.exit(within: .seconds(15))
            }
        }

        /// Whoever has no keys gets nothing, and disturbs nobody.
        @Test("Datagrams of strangers: no reply, and probes go on")
        func strangers() async throws {
            try await Fleet.with(agents: 1) { fleet in
                try await eventually("UDP works") { Self.log(fleet).contains(Self.works) }
                let program = """
                    import os, random, socket, sys
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    s.settimeout(0.2)
                    for i in range(20000):
                        head = b'FTC1' + bytes([random.choice([1, 2, 3])]) + bytes(3)
                        s.sendto(random.choice([
                            head + os.urandom(56), os.urandom(random.randrange(0, 1400)), b'', head]),
                            ('127.0.0.1', int(sys.argv[1])))
                    try: print('reply', s.recv(2000))
                    except TimeoutError: print('none')
                    """
                let stranger = fleet.keep(try RunningProcess(["python3", "-c", program, "\(fleet.port)"]))
                #expect(try await stranger.exit(within: .seconds(60)) == .success, "\(stranger.errors.text)")
                #expect(stranger.output.texts == ["none"])
                try await Self.expectWholeSession(fleet)
            }
        }
    }
}
