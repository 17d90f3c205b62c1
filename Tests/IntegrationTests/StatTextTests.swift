import Foundation
import Testing

extension IntegrationTests {
    /// Texts at an address in the record, which programs of eBPF read at the event.
    @Suite(.serialized, .needsPrograms)
    struct StatTextTests {
        @Test("Names of files that a known program opens, each as often as opened; unreadable ones are no empty ones")
        func opened() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let (name, event) = (SystemCallLoad.freshName(), OpenLoad.event)
                let folder = "/nosuch-\(name)/"
                let long = folder + String(repeating: "x", count: 300)
                let calls = [folder + "a": UInt64(5), folder + "b": 3, folder + "c d": 1, long: 2, "": 4]
                let selection = ["-e", event, "--way", "ebpf", "--format", "json"]
                func filter(_ text: String) -> [String] { ["-f", "\(event): comm == \"\(name)\"\(text)"] }
                let all = try await fleet.stat(selection + filter("") + ["--by", "filename.ustring,comm"])
                let some = try await fleet.stat(
                    selection + filter(" && filename ~ \"\(folder)*\" && filename != \"\(folder)b\"")
                        + ["--by", "filename.ustring"])
                let none = try await fleet.stat(
                    selection + filter(" && !(filename != \"\(folder)b\")") + [
                        "--by", ".filename.ustring", "--hist", "flags",
                    ])
                let renamed = "syscalls:sys_enter_rename"
                let pairs = try await fleet.stat([
                    "-e", renamed, "-f", "\(renamed): comm == \"\(name)\"", "--by", "oldname.ustring,newname.ustring",
                    "--format", "json",
                ])
                await OpenLoad.run(name, calls, unreadable: 7, renamed: [(folder + "a", folder + "b"), (long, "z")])
                var expected = calls
                expected[long] = nil
                expected[String(long.prefix(255))] = 2
                let counted = try await (all.countRecords(), some.countRecords(), none.countRecords())
                let names = try await pairs.countRecords()
                for node in fleet.names {
                    // Two texts share the room of one.
                    let both = ["\(folder)a,\(folder)b": UInt64(1), "\(long.prefix(199)),z": 1]
                    #expect(names.of(node, renamed).byKey == both)
                    var keys = Dictionary(uniqueKeysWithValues: expected.map { ("\($0.key),\(name)", $0.value) })
                    keys["(fault),\(name)"] = 7
                    #expect(counted.0.of(node, event).byKey == keys)
                    let left = expected.filter { $0.key.hasPrefix(folder) && $0.key != folder + "b" }
                    #expect(counted.1.of(node, event).byKey == left)
                    // For an unreadable text no comparison holds, so a negated one does.
                    let buckets = counted.2.of(node, event)
                    #expect(buckets.filter { $0.key?.hasPrefix("\(folder)b,") == true }.total == 3, "\(buckets)")
                    #expect(buckets.filter { $0.key?.hasPrefix("(fault),") == true }.total == 7, "\(buckets)")
                    #expect(buckets.total == 10, "\(buckets)")
                }
            }
        }

        @Test("Texts of the kernel's memory: each sleep of a thread is a context switch with a beginning and an end")
        func kernel() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let (name, event) = (SystemCallLoad.freshName(), "rcu:rcu_utilization")
                let selection = ["-e", event, "-f", "\(event): comm == \"\(name)\" && s ~ \"*\""]
                let stat = try await fleet.stat(selection + ["--by", "s.string", "--format", "json"])
                _ = await SleepLoad.run(name, times: 50, nanoseconds: 1_000_000)
                let counts = try await stat.countRecords().of(fleet.names[0], event).byKey
                let (start, end) = (counts["Start context switch"] ?? 0, counts["End context switch"] ?? 0)
                #expect(start == end && start >= 50 && counts["(fault)"] == nil, "\(counts)")
                #expect(stat.errors.text.contains("by eBPF"), "\(stat.errors.text)")
            }
        }

        @Test("Other ways refuse such keys with the reason, and a field that is no address is refused")
        func refused() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let orders = [
                    (["--by", "filename.ustring", "--way", "decode"], "only eBPF counts by filename.ustring"),
                    (["--by", "filename.ustring", "--way", "hist"], "only eBPF counts by filename.ustring"),
                    (["--by", "__syscall_nr.ustring"], "\"__syscall_nr\" of syscalls:sys_enter_openat is no address"),
                    (["--by", "nosuch.ustring"], "no field \"nosuch\""),
                ]
                for (arguments, text) in orders {
                    let stat = try await fleet.run(
                        ["stat", "-e", OpenLoad.event, "--for", "100ms"] + arguments + fleet.access,
                        expecting: .exited(1))
                    #expect(stat.errors.text.contains(text), "\(stat.errors.text)")
                }
            }
        }
    }
}
