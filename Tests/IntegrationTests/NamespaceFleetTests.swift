import Foundation
import Testing

extension IntegrationTests {
    /// Two agents, each in a network namespace of its own, and a controller in a third one.
    @Suite(.serialized, .needsNamespaces)
    struct NamespaceFleetTests {
        private static func withFleet<R>(_ body: (Fleet) async throws -> R) async throws -> R {
            try await NetworkNamespace.with { first in
                try await NetworkNamespace.with { second in
                    try await Fleet.with(agents: 2, Fleet.Options(namespaces: [first, second]), body)
                }
            }
        }

        /// Every CPU makes as many system calls as it can.
        private static func withFullLoad(seconds: Double, _ body: () async throws -> Void) async throws {
            let loads = [0, 1].map { SystemCallLoad(cpu: $0, limit: seconds) }
            do {
                try await body()
            } catch {
                for load in loads { try await load.stop() }
                throw error
            }
            for load in loads { try await load.stop() }
        }

        @Test("Full system call load: per node and CPU, recorded = received + lost, exactly")
        func fullLoad() async throws {
            try await Self.withFleet { fleet in
                let path = fleet.folder.file("session")
                try await Self.withFullLoad(seconds: 20) {
                    let record = try await fleet.record(
                        ["-e", "raw_syscalls", "-e", "sched", "--for", "3s"], into: path)
                    let status = try await record.exit(within: .seconds(120))
                    #expect(status == .success, "\(record.errors.text)")
                    let account = AccountLine.all(in: record.errors.texts)
                    print("full load: \(account)")
                    #expect(account.count == 2)
                    #expect(account.allSatisfy { $0.balances && $0.received > 10_000 }, "\(account)")
                }
                let rows = try await fleet.summary(path)
                #expect(
                    Set(rows.map { "\($0.node) \($0.cpu)" }) == Set(fleet.names.flatMap { ["\($0) 0", "\($0) 1"] }))
                #expect(rows.allSatisfy { $0.balances }, "\(rows)")
            }
        }

        @Test("A buffer that is too small: losses are counted per CPU and stand in the timeline")
        func loss() async throws {
            try await Self.withFleet { fleet in
                let path = fleet.folder.file("session")
                try await Self.withFullLoad(seconds: 20) {
                    let record = try await fleet.record(
                        ["-e", "raw_syscalls", "--buffer", "16", "--for", "500ms"], into: path)
                    let status = try await record.exit(within: .seconds(120))
                    // A loss that is counted is no error.
                    #expect(status == .success, "\(record.errors.text)")
                }
                let rows = try await fleet.summary(path)
                #expect(rows.count == 4)
                #expect(rows.allSatisfy { $0.balances }, "\(rows)")
                print("small buffer: \(rows)")
                for name in fleet.names {
                    #expect(
                        rows.contains { $0.node == name && $0.lost ?? 0 > 0 }, "nothing was lost on \(name): \(rows)")
                }
                let losses = try await fleet.lines(
                    of: ["report", path, "--format", "json"], containing: "\"type\":\"lost\"")
                for row in rows where row.lost ?? 0 > 0 {
                    let shown = losses.filter { $0.node == row.node && $0.cpu == row.cpu }
                    #expect(!shown.isEmpty, "\(row)")
                    // A loss after a CPU's last event cannot be printed before an event.
                    let sum = shown.reduce(0) { $0 + ($1.count ?? 0) }
                    #expect(sum <= row.lost ?? 0, "\(row)")
                }
            }
        }

        @Test("A moderate load: nothing is lost, every call is there once on both nodes, at one true time")
        func clocks() async throws {
            try await Self.withFleet { fleet in
                let load = SystemCallLoad(cpu: 1, rate: 2000)
                let trace = try await fleet.trace(load.selection + ["--format", "json", "--for", "3s"])
                let status = try await trace.exit(within: .seconds(60))
                try await load.stop()
                #expect(status == .success, "\(trace.errors.text)")
                let account = AccountLine.all(in: trace.errors.texts)
                #expect(account.count == 2 && account.allSatisfy { $0.balances && $0.lost == 0 }, "\(account)")

                let records = try TimelineRecord.parse(trace.output.texts)
                #expect(records.isInOrder)
                for record in records.events {
                    let (lower, upper) = (try #require(record.lower), try #require(record.upper))
                    #expect(lower <= record.time && record.time <= upper)
                }
                let calls = fleet.names.map { name in records.events.filter { $0.node == name } }
                let arguments = calls.map { $0.map { $0.number("fd") ?? 0 } }
                // They start at the same instant; each stops when the command reaches it.
                let starts = arguments.map { Int64($0.first ?? 0) }
                #expect(abs(starts[0] - starts[1]) <= 20, "starts \(starts): 10 ms apart or more")
                let common = Set(arguments[0]).intersection(arguments[1])
                print("clocks: \(calls.map(\.count)), common \(common.count)")
                #expect(common.count > 4000)
                for list in arguments {
                    #expect(list.count == Set(list).count, "an event came twice")
                    #expect(
                        list == list.indices.map { (list.first ?? 0) + UInt64($0) },
                        "an event is missing or out of order")
                }
                // Both agents trace the same kernel, so the same call has the same true time, but for an interrupt between
                // the two instances' stamps of it. With bounds of some us that is one call in a thousand or so; a wrong clock
                // is wrong for its neighbours.
                let second = Dictionary(calls[1].map { ($0.number("fd") ?? 0, $0) }, uniquingKeysWith: { $1 })
                var widest: Int64 = 0
                var excluded: [UInt64] = []
                for one in calls[0] {
                    guard let other = second[one.number("fd") ?? 0] else { continue }
                    #expect(one.pid == other.pid && one.cpu == other.cpu)
                    let lower = max(try #require(one.lower), try #require(other.lower))
                    let upper = min(try #require(one.upper), try #require(other.upper))
                    if lower > upper { excluded.append(one.number("fd") ?? 0) }
                    widest = max(widest, try #require(one.upper) - one.time)
                }
                #expect(excluded.count <= common.count / 200, "calls whose times exclude each other: \(excluded)")
                #expect(zip(excluded, excluded.dropFirst()).allSatisfy { $1 > $0 + 1 }, "\(excluded)")
                print("clocks: widest upper bound \(widest / 1000) us")
            }
        }
    }
}
