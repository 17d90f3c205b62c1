import Foundation
import Testing

extension IntegrationTests {
    /// `fleetrace report --node NAME --around T`.
    @Suite(.serialized)
    struct AroundTests {
        @Test("A moment of one node with what the other did then; by task; malformed moments")
        func around() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let loads = [SystemCallLoad(cpu: 0, rate: 2000), SystemCallLoad(cpu: 1, rate: 2000)]
                let path = fleet.folder.file("session")
                let record = try await fleet.record(["-e", SystemCallLoad.event, "--for", "2s"], into: path)
                try await record.exit()
                for load in loads { try await load.stop() }
                let all = try await fleet.report(path).filter(\.isEvent)
                let mine = all.filter { $0.node == fleet.names[0] && $0.comm == loads[0].name }
                let center = mine[mine.count / 2].time
                let seconds = "@\(center / 1_000_000_000).\(String(center % 1_000_000_000 + 1_000_000_000).dropFirst())"
                let slice = try await fleet.report(
                    path, ["--node", fleet.names[0], "--comm", loads[0].name, "--around", seconds, "20ms"]
                ).filter(\.isEvent)
                // The moment is parsed as a Double: 53 bits, so a quarter of a microsecond.
                let near = all.filter { abs($0.time - center) <= 19_999_000 }
                let wanted = near.filter { $0.node == fleet.names[1] || $0.comm == loads[0].name }
                #expect(wanted.count > 60 && Set(wanted.map(\.node)).count == 2)
                let times = Set(slice.map { "\($0.time) \($0.node)" })
                #expect(wanted.allSatisfy { times.contains("\($0.time) \($0.node)") })
                #expect(slice.count <= wanted.count + 10)
                #expect(slice.allSatisfy { $0.node == fleet.names[1] || $0.comm == loads[0].name })

                let task = try await fleet.report(path, ["--comm", "\(loads[1].name.prefix(8))*"]).filter(\.isEvent)
                #expect(Set(task.compactMap(\.comm)) == [loads[1].name] && Set(task.map(\.node)).count == 2)
                let pid = try #require(task.first?.pid)
                #expect(try await fleet.report(path, ["--pid", "\(pid)"]).filter(\.isEvent).count == task.count)

                for wrong in [
                    ["--around", "noon"], ["--around", "1s", "2s", "3s"], ["--around", "1s", "--since", "1s"],
                ] {
                    let run = try await fleet.run(["report", path] + wrong, expecting: .exited(64))
                    #expect(run.errors.text.contains("--around"), "\(run.errors.text)")
                }
            }
        }
    }
}
