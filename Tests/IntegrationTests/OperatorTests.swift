import Foundation
import Testing

extension IntegrationTests {
    /// Operators that are slow, and several at once.
    @Suite(.serialized)
    struct OperatorTests {
        /// The peak resident memory of processes, in KiB, while `body` ran; sampled every 50 ms.
        private static func peakMemory(of pids: [String: pid_t], _ body: () async throws -> Void) async throws
            -> [String: Int]
        {
            let sampling = Task {
                var peak: [String: Int] = [:]
                while !Task.isCancelled {
                    for (name, pid) in pids {
                        peak[name] = max(peak[name] ?? 0, ProcessTable.residentKilobytes(of: pid) ?? 0)
                    }
                    try? await Task.sleep(for: .milliseconds(50))
                }
                return peak
            }
            do {
                try await body()
            } catch {
                sampling.cancel()
                throw error
            }
            sampling.cancel()
            return await sampling.value
        }

        @Test("A stalled reader under full load: memory stays bounded everywhere, and another operator is not affected")
        func stalledReader() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let paced = SystemCallLoad(cpu: 0, rate: 500)
                let full = SystemCallLoad(cpu: 1, limit: 60)
                let stalled = try await fleet.trace(["-e", "raw_syscalls"], output: .unread)
                var pids = ["operator": stalled.pid]
                pids["controller"] = fleet.controller?.pid
                for (index, name) in fleet.names.enumerated() { pids["agent \(index + 1)"] = fleet.agent(name)?.pid }
                let other = try await fleet.trace(paced.selection + ["--format", "json"])
                let peak = try await Self.peakMemory(of: pids) { try await Task.sleep(for: .seconds(6)) }
                print("stalled reader: peak KiB \(peak)")
                other.send(SIGINT)
                let status = try await other.exit(within: .seconds(30))
                #expect(status == .success, "\(other.errors.text)")
                let records = try TimelineRecord.parse(other.output.texts)
                for name in fleet.names {
                    let calls = NumberedCalls(records, node: name)
                    #expect(calls.fault == nil, "\(name): \(calls.fault ?? "")")
                    #expect(calls.count > 2000)
                }
                let delays = zip(other.output.lines, records).filter { $1.isEvent }.map { $0.arrival - $1.time }
                    .sorted()
                print("stalled reader: the other operator's lines came within \((delays.last ?? 0) / 1_000_000) ms")
                // The load occupies one CPU, so lines may wait for CPU time, but not for the stalled reader.
                #expect(delays.last ?? .max < 10_000_000_000)
                // 64 MiB of spool, pages in flight, and the program itself.
                for name in peak.keys.filter({ $0.hasPrefix("agent") }) {
                    #expect(peak[name] ?? 0 < 160 << 10, "\(peak)")
                }
                #expect(peak["controller"] ?? 0 < 200 << 10, "\(peak)")
                // Its memory is limited by its queue, not by what the kernel goes on to record.
                #expect(peak["operator"] ?? 0 < 400 << 10, "\(peak)")
                #expect(stalled.isRunning)
                stalled.kill()
                try await full.stop()
                try await paced.stop()
                // The session of the killed operator ends, when it has had its time to come back.
                try await eventually("no instance remains: \(fleet.instances)", within: .seconds(60)) {
                    fleet.instances.isEmpty
                }
            }
        }

        @Test("A reader that stalls for some seconds and continues gets everything, once and in order")
        func lateReader() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 5000)
                let trace = try await fleet.trace(
                    load.selection + ["--format", "json", "--for", "4s"], output: .unread)
                try await Task.sleep(for: .seconds(5))
                // Megabytes of lines are waiting: a pipe holds 64 KiB.
                #expect(trace.isRunning)
                trace.readOutput()
                let status = try await trace.exit(within: .seconds(60))
                try await load.stop()
                #expect(status == .success, "\(trace.errors.text)")
                let records = try TimelineRecord.parse(trace.output.texts)
                #expect(records.isInOrder)
                for name in fleet.names {
                    let calls = NumberedCalls(records, node: name)
                    #expect(calls.fault == nil, "\(name): \(calls.fault ?? "")")
                    #expect(calls.count > 15_000, "\(calls.count)")
                    let line = AccountLine.all(in: trace.errors.texts).first { $0.node == name }
                    #expect(line?.balances == true && line?.received == UInt64(calls.count), "\(trace.errors.text)")
                }
            }
        }

        @Test("Several operators at once, each with its own session: each gets what it requested")
        func severalOperators() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let loads = [SystemCallLoad(cpu: 0, rate: 500), SystemCallLoad(cpu: 1, rate: 300)]
                let path = fleet.folder.file("session")
                let both = try await fleet.trace(loads[0].selection + ["--format", "json"])
                let one = try await fleet.trace(loads[1].selection + ["--format", "json", "--on", fleet.names[1]])
                let record = try await fleet.record(loads[0].selection + ["--on", "number=1"], into: path)
                #expect(fleet.instances.count == 4)
                let list = try await fleet.run(["nodes"] + fleet.access).output.texts
                for name in fleet.names {
                    let words = list.first { $0.hasPrefix(name) }?.split(separator: " ").map(String.init) ?? []
                    // Behind the clock, its drift, the age of the probe and the round trip.
                    #expect(words.dropFirst(8).prefix(4).contains("2"), "sessions in: \(list)")
                }
                try await Task.sleep(for: .seconds(2))
                // The end of the first does not affect the others.
                both.send(SIGINT)
                let first = try await both.exit()
                #expect(first == .success, "\(both.errors.text)")
                try await Task.sleep(for: .seconds(1))
                for process in [one, record] {
                    process.send(SIGINT)
                    let status = try await process.exit()
                    #expect(status == .success, "\(process.errors.text)")
                }
                for load in loads { try await load.stop() }

                let seen = try TimelineRecord.parse(both.output.texts)
                #expect(Set(seen.events.map(\.node)) == Set(fleet.names))
                #expect(Set(seen.events.compactMap(\.comm)) == [loads[0].name])
                for name in fleet.names { #expect(NumberedCalls(seen, node: name).fault == nil) }
                let second = try TimelineRecord.parse(one.output.texts)
                #expect(Set(second.events.map(\.node)) == [fleet.names[1]])
                #expect(Set(second.events.compactMap(\.comm)) == [loads[1].name])
                #expect(NumberedCalls(second, node: fleet.names[1]).count > 600)
                let third = try await fleet.report(path)
                #expect(Set(third.events.map(\.node)) == [fleet.names[0]])
                #expect(NumberedCalls(third, node: fleet.names[0]).count > 1000)
                #expect(NumberedCalls(third, node: fleet.names[0]).fault == nil)
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }
    }
}
