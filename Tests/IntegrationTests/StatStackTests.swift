import Foundation
import Testing

extension IntegrationTests {
    /// Counts by call stack, of a program whose call chain is known.
    @Suite(.serialized, .needsPrograms)
    struct StatStackTests {
        private static let event = "signal:signal_generate"
        private static let calls: UInt64 = 500

        /// Counts the signals that the program sends itself, by its stack and the kernel's, in this order.
        private static func count(_ end: String, _ body: ([CountRecord]) throws -> Void) async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let program = try await StackLoad.make(as: name, in: fleet.folder)
                let stat = try await fleet.stat([
                    "-e", event, "-f", "\(event): comm == \"\(name)\" && sig == 23", "--by", "ustack,stack", "--format",
                    "json",
                ])
                let load = try RunningProcess([program, "send", "\(calls)", end])
                // So that names are looked for while it is there.
                try await Task.sleep(for: .seconds(1.5))
                let records = try await stat.countRecords()
                try await load.exit()
                for node in fleet.names {
                    let own = records.of(node, event)
                    #expect(own.total == calls, "\(own)")
                    try body(own)
                }
                let line = stat.errors.texts.first { $0.hasPrefix("counted for ") } ?? ""
                #expect(line.contains("by eBPF"), "\(line)")
            }
        }

        @Test("The kernel's functions down to the system call, and the program's from main, exactly as often as called")
        func named() async throws {
            try await Self.count("stay") { records in
                #expect(records.count == 1, "\(records)")
                let key = try #require(records.first?.key)
                let (user, kernel) = try #require(Self.split(key))
                #expect(user.suffix(3) == ["main", "send_outer", "send_inner"], "\(key)")
                #expect(kernel.contains { $0.hasSuffix("sys_kill") }, "\(key)")
                #expect(!kernel.contains { $0.hasPrefix("0x") }, "\(key)")
            }
        }

        @Test("Of a program that was replaced before its addresses were named there are addresses, and no wrong names")
        func replaced() async throws {
            try await Self.count("exec") { records in
                for key in records.compactMap(\.key) {
                    let (user, kernel) = try #require(Self.split(key))
                    let isNamed = user.suffix(3) == ["main", "send_outer", "send_inner"]
                    #expect(user.count >= 3 && (isNamed || user.allSatisfy { $0.hasPrefix("0x") }), "\(key)")
                    #expect(kernel.contains { $0.hasSuffix("sys_kill") }, "\(key)")
                }
            }
        }

        /// Both stacks of a key, the outermost first.
        private static func split(_ key: String) -> (user: [String], kernel: [String])? {
            let parts = key.split(separator: ",").map { $0.split(separator: ";").map(String.init) }
            return parts.count == 2 ? (parts[0], parts[1]) : nil
        }

        @Test("Where the kernel hides its symbols, its stacks are addresses, and the reason is said")
        func hidden() async throws {
            try await KernelSetting.hiddenPointers.with("2") { _ in
                let stat = try RunningProcess([
                    try Executables.fleetrace(), "stat", "-e", "sched:sched_switch", "--by", "stack", "--local", "1",
                    "--for", "500ms", "--format", "json",
                ])
                #expect(try await stat.exit(within: .seconds(40)) == .success, "\(stat.errors.text)")
                let keys = try CountRecord.parse(stat.output.texts).compactMap(\.key)
                let frames = keys.flatMap { $0.split(separator: ";") }
                #expect(frames.count > 3 && frames.allSatisfy { $0.hasPrefix("0xffff") }, "\(keys.prefix(3))")
                #expect(stat.errors.text.contains("the kernel hides the addresses"), "\(stat.errors.text)")
            }
        }

        @Test("Other ways refuse stacks with the reason")
        func ways() async throws {
            try await Fleet.with(agents: 1) { fleet in
                for way in ["decode", "hist"] {
                    let stat = try await fleet.run(
                        ["stat", "-e", Self.event, "--by", "stack", "--way", way, "--for", "100ms"] + fleet.access,
                        expecting: .exited(1))
                    #expect(stat.errors.text.contains("only eBPF counts by stack"), "\(stat.errors.text)")
                }
            }
        }

        @Test("Programs and maps of stacks are gone when the agent is killed")
        func killed() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let pid = try #require(fleet.agent(fleet.names[0])?.pid)
                let stat = try await fleet.stat(["-e", Self.event, "--by", "ustack,stack"])
                let objects = try ProgramObjects(heldBy: pid)
                #expect(objects.programs.count >= 3 && objects.maps.count == 8, "\(objects)")
                fleet.agent(fleet.names[0])?.kill()
                try await eventually("nothing remains: \(objects.present)") { objects.present.isEmpty }
                stat.send(SIGINT)
                #expect(try await stat.exit() == .exited(1))
            }
        }
    }
}
