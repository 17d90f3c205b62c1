import Foundation
import Testing

extension LabTests {
    /// Call stacks on all kernels of the lab.
    @Suite(.serialized)
    struct LabStackTests {
        @Test(
            "Signals by the kernel's stack: all of them below the system call, on every kernel; as raw tracepoint, too")
        func stacks() async throws {
            try await Lab.with { lab in
                let event = "signal:signal_generate"
                let raw = "rawtp:signal_generate"
                let stat = try await lab.stat([
                    "-e", event, "-f", "\(event): sig == 23", "--by", "stack", "--format", "json",
                ])
                // The first argument is the signal.
                let arguments = try await lab.stat([
                    "-e", raw, "-f", "\(raw): arg0 == 23", "--by", "arg0", "--sum", "arg0", "--format", "json",
                ])
                _ = try await lab.guests("for i in $(seq 20); do kill -URG $$; done")
                stat.send(SIGINT)
                let status = try await stat.exit(within: .seconds(60))
                #expect(status == .success, "\(stat.errors.text)")
                let records = try CountRecord.parse(stat.output.texts)
                for name in lab.guests {
                    let own = records.of(name, event)
                    let calls = own.filter {
                        $0.key?.split(separator: ";").contains { $0.hasSuffix("sys_kill") } == true
                    }
                    #expect(calls.total == 20, "\(name): \(own)")
                }
                arguments.send(SIGINT)
                #expect(try await arguments.exit(within: .seconds(60)) == .success, "\(arguments.errors.text)")
                let counted = try CountRecord.parse(arguments.output.texts)
                for name in lab.guests {
                    #expect(counted.of(name, raw).byKey == ["23": 20], "\(name): \(counted)")
                    #expect(counted.of(name, raw).map(\.values) == [["sum": 460]], "\(name): \(counted)")
                }
            }
        }

        @Test("A profile names the kernel's functions on every kernel, and samples follow CPUs that come and go")
        func profile() async throws {
            try await Lab.with { lab in
                let file = "/sys/devices/system/cpu/cpu1/online"
                _ = try await lab.guests("echo 0 > \(file)")
                let cpus = try await lab.stat(["-e", "cpu-clock/freq=99/", "--by", "cpu", "--format", "json"])
                let profile = lab.keep(
                    try RunningProcess([try Executables.fleetrace(), "profile"] + lab.access))
                try await profile.errors.line(containing: "counting ", within: .seconds(60))
                // The second time it is gone too shortly to be seen, but its counter is gone, too.
                _ = try await lab.guests(
                    "echo 1 > \(file); sleep 0.3; echo 0 > \(file); echo 1 > \(file); "
                        + "head -c 8000000 /dev/zero | wc -c; sleep 3")
                for process in [profile, cpus] { process.send(SIGINT) }
                #expect(try await profile.exit(within: .seconds(60)) == .success, "\(profile.errors.text)")
                #expect(try await cpus.exit(within: .seconds(60)) == .success, "\(cpus.errors.text)")
                let samples = try CountRecord.parse(cpus.output.texts)
                for name in lab.guests {
                    let lines = profile.output.texts.filter { $0.hasPrefix("\(name);") }
                    #expect(
                        lines.contains { $0.contains("_[k] ") && $0.contains("sys_") }, "\(name): \(lines.prefix(9))")
                    // Before it went again there were at most some 50.
                    let second = samples.of(name, "cpu-clock/freq=99/").byKey["1"] ?? 0
                    #expect(second > 100, "\(name): \(cpus.output.text)")
                }
            }
        }
    }
}
