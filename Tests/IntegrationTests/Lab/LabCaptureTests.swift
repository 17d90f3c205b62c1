import Foundation
import KernelText
import Testing

extension LabTests {
    /// Each kernel of the lab as the judge of the text that is made of its records.
    @Suite(.serialized)
    struct LabCaptureTests {
        /// Systems that have nothing to show in a guest, or much of the same.
        private static let without = ["ftrace", "initcall", "hyperv", "xen", "rcu", "header_page", "header_event"]

        /// Records everything on a guest while its agent stands still, so that the kernel's buffer keeps what the kernel
        /// prints of it; then the agent goes on and delivers the same records.
        private static func capture(_ name: String, _ lab: Lab) async throws -> (kernel: TraceText, own: TraceText) {
            let systems = try await lab.guest(name, "cd /sys/kernel/tracing/events; for i in */; do echo ${i%/}; done")
                .filter { !without.contains($0) }
            let probes = [
                "p:opening do_sys_openat2 dfd=%di:s32 name=+0(%si):ustring at=%ip:symbol flags=+0(%dx):x64 own=$comm",
                "r:opened do_sys_openat2 ret=$retval:s32", "usdt:/usr/bin/sample:fleetrace:round",
                "uprobe:/usr/bin/sample:sample_work round=$arg1:s32 name=+0($arg2):string",
            ]
            let path = lab.folder.file("session-\(name)")
            // A reader of the records cannot know the hash of a pointer. Linux 5.10 has no such option, and 6.1 prints
            // empty texts without it.
            let isHashed = Lab.isOlder(name, than: 6, 12)
            let record = try await lab.record(
                ["--on", name, "--buffer", "16384", "--lease", "2m", "--stack", "sched:sched_process_exec"]
                    + systems.flatMap { ["-e", $0] } + probes.flatMap { ["-p", $0] }, into: path)
            let text = try await lab.guest(
                name,
                """
                cd /sys/kernel/tracing/instances/fleetrace-*
                \(isHashed ? ":" : "echo 0 >options/hash-ptr")
                agents=$(pidof fleetrace-agent); kill -STOP $agents; trap "kill -CONT $agents" EXIT
                echo "a line for all to see" >trace_marker
                for i in 1 2; do
                    sample 2 1; ls /proc/self/ /nowhere; dd if=/dev/zero of=/tmp/ftfile bs=4096 count=16; rm /tmp/ftfile
                    mkdir -p /tmp/ftmount; mount -t tmpfs none /tmp/ftmount; cp /bin/busybox /tmp/ftmount
                    sync; umount /tmp/ftmount; kill -0 1; nice -n 5 true; ping -c 1 127.0.0.1; usleep 2000
                    echo text | nc 127.0.0.1 9; sh -c 'kill -USR1 $$'; taskset 1 true; cat /proc/interrupts
                done >/dev/null 2>&1
                # The text must not grow while it is read.
                echo 0 >tracing_on; cat trace
                """, within: .seconds(120))
            record.send(SIGINT)
            let status = try await record.exit(within: .seconds(60))
            // The end was made behind the agent's back, and it says so.
            let problems = record.errors.texts.filter { $0.hasPrefix("problem:") }
            #expect(
                status == .exited(1) && problems.count == 1 && problems[0].contains("(tracing_on)"),
                "\(name): \(record.errors.text)")
            #expect(AccountLine.all(in: record.errors.texts).map(\.balances) == [true], "\(record.errors.text)")
            let report = try await lab.run(
                ["report", path, "--format", "ftrace"], expecting: .exited(1), within: .seconds(120))
            return (
                TraceText(text, maskingPointers: isHashed), TraceText(report.output.texts, maskingPointers: isHashed)
            )
        }

        @Test("What each kernel prints of its own buffer is printed of the session's records: every line")
        func everyLine() async throws {
            try await Lab.with { lab in
                // Two at a time: to enable everything keeps an emulated guest busy for seconds.
                for pair in stride(from: 0, to: lab.guests.count, by: 2).map({ lab.guests[$0...].prefix(2) }) {
                    let captures = try await withThrowingTaskGroup { group in
                        for name in pair { group.addTask { (name, try await Self.capture(name, lab)) } }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    for (name, (kernel, own)) in captures {
                        let comparison = kernel.compared(with: own)
                        print("lab: \(name), \(Lab.kernels[name] ?? "?"): \(comparison)")
                        // A kernel with few events in use proves little: that must not look like success.
                        #expect(comparison.types > 90 && comparison.events > 2000, "\(name): \(comparison)")
                        #expect(comparison.head.isEmpty, "\(name): \(comparison.head)")
                        #expect(
                            comparison.different.isEmpty,
                            "\(name), \(Lab.kernels[name] ?? "?"): \(comparison.examples)")
                    }
                }
            }
        }
    }
}
