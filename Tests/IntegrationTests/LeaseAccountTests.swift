import Foundation
import Testing

extension IntegrationTests {
    @Suite(.serialized, .needsNamespaces)
    struct LeaseAccountTests {
        @Test(
            "A link that is cut for longer than the lease: when nothing was recorded is a gap, and not what came before"
        )
        func lease() async throws {
            try await NetworkNamespace.with { namespace in
                let options = Fleet.Options(controllerArguments: ["--lease", "3s"], namespaces: [namespace])
                try await Fleet.with(agents: 2, options) { fleet in
                    let (cut, other) = (fleet.names[0], fleet.names[1])
                    let load = SystemCallLoad(cpu: 0, rate: 500)
                    let trace = try await fleet.trace(load.selection + ["--format", "json"])
                    try await Task.sleep(for: .seconds(2))
                    let cutAt = wallClock()
                    try await namespace.setLink(up: false)
                    try await Task.sleep(for: .seconds(8))
                    try await namespace.setLink(up: true)
                    try await trace.output.line(containing: "\"type\":\"gap\"", within: .seconds(30))
                    let stoppedAt = wallClock()
                    trace.send(SIGINT)
                    let status = try await trace.exit(within: .seconds(60))
                    try await load.stop()
                    #expect(status == .exited(1), "\(trace.errors.text)")
                    let records = try TimelineRecord.parse(trace.output.texts)
                    let gap = try #require(records.first { $0.type == "gap" })
                    // The lease and at most a second until the agent looks at it; its last probe came before the cut.
                    #expect((2_000_000_000...5_500_000_000).contains(gap.time - cutAt), "\(gap.time - cutAt) ns")
                    #expect(gap.node == cut && gap.text == "nothing heard from the controller for 3 s")
                    // Up to the gap everything is there.
                    let calls = NumberedCalls(records, node: cut)
                    #expect(calls.fault == nil, "\(calls.fault ?? "")")
                    let last = records.events.filter { $0.node == cut }.map(\.time).max() ?? 0
                    #expect((-500_000_000...100_000_000).contains(last - gap.time), "\(last - gap.time) ns")
                    #expect(NumberedCalls(records, node: other).fault == nil)
                    let account = try #require(trace.errors.texts.first { $0.hasPrefix("\(cut)  no record from ") })
                    let length = account.split(separator: "(").last.flatMap { Double($0.prefix { $0 != " " }) } ?? 0
                    #expect(abs(length - Double(stoppedAt - gap.time) / 1e9) < 1, "\(account)")
                    #expect(trace.errors.texts.contains { $0.hasPrefix("total: ") && $0.contains("NOT COMPLETE") })
                    #expect(!trace.output.text.contains("nothing was lost"))
                }
            }
        }
    }
}
