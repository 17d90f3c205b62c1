import Foundation
import FoundationXML
import Testing

extension IntegrationTests {
    /// `profile` of a program that computes in one function.
    @Suite(.serialized, .needsPrograms)
    struct ProfileTests {
        private struct Row: Decodable {
            var node: String
            var comm: String?
            var user: [String]?
            var kernel: [String]?
            var count: Int?
            var samples: Int?
            var expected: Int?
        }

        @Test("The function that computes has most samples of its task, on each node, with its callers")
        func busy() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let program = try await StackLoad.make(as: "busy", in: fleet.folder)
                let name = SystemCallLoad.freshName()
                let profile = try await fleet.run(
                    ["profile", "--format", "json"] + fleet.access + ["--", program, "spin", "3", name])
                let rows = try profile.output.texts.map { try JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
                for node in fleet.names {
                    let own = rows.filter { $0.node == node && $0.comm == name }
                    let all = own.reduce(0) { $0 + ($1.count ?? 0) }
                    let computing = own.filter { row in
                        row.kernel == [] && row.user?.suffix(3) == ["main", "spin_outer", "spin_inner"]
                    }.reduce(0) { $0 + ($1.count ?? 0) }
                    #expect(all >= 50, "\(rows.count)")
                    #expect(computing * 10 > all * 8, "\(computing) of \(all)")
                    let sum = try #require(rows.first { $0.node == node && $0.samples != nil })
                    #expect(sum.samples ?? 0 >= all && sum.expected ?? 0 >= sum.samples ?? 0, "\(sum)")
                }
            }
        }

        @Test(
            "A flame graph is XML whatever names tasks have; folded lines begin with the node, and without it if merged"
        )
        func formats() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let program = try await StackLoad.make(as: "busy", in: fleet.folder)
                let picture = fleet.folder.file("fleet.svg")
                let name = "<script>\u{1b}&\";x"
                let load = ["--", program, "spin", "2", name]
                try await fleet.run(["profile", "-o", picture] + fleet.access + load)
                let data = try Data(contentsOf: URL(fileURLWithPath: picture))
                let parser = XMLParser(data: data)
                let isWellFormed = parser.parse()
                #expect(isWellFormed, "\(String(describing: parser.parserError))")
                let text = String(decoding: data, as: UTF8.self)
                #expect(!text.contains("<script") && !text.contains("\u{1b}"))
                #expect(text.contains("&lt;script&gt;?&amp;&quot;:x (") && text.contains("spin_inner ("))

                for merge in [false, true] {
                    let folded = try await fleet.run(["profile"] + (merge ? ["--merge"] : []) + fleet.access + load)
                    let lines = folded.output.texts.filter { $0.contains("spin_inner") }
                    let starts = merge ? ["<script>"] : fleet.names.map { "\($0);<script>" }
                    for start in starts {
                        #expect(lines.contains { $0.hasPrefix(start) && $0.wholeMatch(of: /.*;spin_inner \d+/) != nil })
                    }
                    #expect(lines.allSatisfy { line in starts.contains { line.hasPrefix($0) } }, "\(lines)")
                }
            }
        }

        @Test("A policy without eBPF refuses it with its line")
        func policy() async throws {
            try await TemporaryFolder.with { folder in
                let file = try folder.policy("deny ebpf\n")
                try await Fleet.with(agents: 1, Fleet.Options(agentArguments: ["--policy", file])) { fleet in
                    let profile = try await fleet.run(
                        ["profile", "--for", "100ms"] + fleet.access, expecting: .exited(1))
                    #expect(
                        profile.errors.text.contains("refused by policy: \(file) line 1: deny ebpf"),
                        "\(profile.errors.text)")
                }
            }
        }
    }
}
