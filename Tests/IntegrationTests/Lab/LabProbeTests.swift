import Foundation
import Testing

extension LabTests {
    /// Probes on kernels that have kprobes, next to this machine's, which may have none.
    @Suite(.serialized)
    struct LabProbeTests {
        /// The first example that the documentation gives.
        private static let example = "p:myprobe do_filp_open dfd=%di:s32 pathname=+0(+0(%si)):string"

        /// The function of the example. Later kernels call it do_file_open.
        private static let function = LabFeature.function("do_filp_open")

        @Test("The example works on every guest that has its function, with the kernel's own text")
        func example() async throws {
            try await Lab.with { lab in
                let guests = try await lab.guests(having: Self.function)
                guard !guests.isEmpty else { return }
                // busybox starts itself for a program that it is.
                let load = "sample; sample; sleep 0; true"
                let texts = try await lab.texts(["-p", Self.example], while: load, on: guests)
                let location = #"myprobe: \(do_filp_open\+0x[04]/0x[0-9a-f]+\) dfd=-100 "#
                for name in guests {
                    #expect(count(texts[name], location + #"pathname="/usr/bin/sample""#) == 2, "\(texts)")
                    #expect(count(texts[name], location + #"pathname="/proc/self/exe""#) > 0, "\(texts)")
                }
            }
        }

        @Test("Where there are no kprobes the example is refused with that reason, and nothing is started anywhere")
        func withoutKprobes() async throws {
            try await Lab.with { lab in
                guard lab.hasHost, !Lab.hostHasKprobes else {
                    print("SKIPPED, not tested: every node of this lab has kprobes (run scripts/lab --host ...)")
                    return
                }
                // A static function that all kernels have since Linux 5.6.
                let probe = "p:opening do_sys_openat2 dfd=%di:s32 pathname=+0(%si):ustring"
                let refused = try await lab.run(
                    ["trace", "--for", "1s", "-p", probe] + lab.access, expecting: .exited(1))
                let reason = try #require(
                    refused.errors.texts.first { $0.hasPrefix("node host: ") }, "\(refused.errors.text)")
                #expect(reason.contains("no kprobes"), "\(reason)")
                #expect(!refused.errors.text.contains("guest-"), "\(refused.errors.text)")

                let some = Array(lab.guests.prefix(1))
                let partial = try await lab.trace(
                    ["-p", probe, "--partial", "--for", "500ms"] + Lab.on([Lab.host] + some))
                let status = try await partial.exit()
                #expect(status == .success, "\(partial.errors.text)")
                #expect(partial.errors.text.contains("node host: "), "\(partial.errors.text)")
                #expect(AccountLine.all(in: partial.errors.texts).map(\.node) == some)
            }
        }

        @Test("Return, offset and address: each fires where the kernel shows it")
        func kernelForms() async throws {
            try await Lab.with { lab in
                guard let node = try await lab.guests(having: Self.function).last else { return }
                // Addresses differ at each boot, and an offset must be that of an instruction, so both come from this kernel.
                let address = try await lab.guest(
                    node,
                    """
                    grep -F ' do_filp_open' /proc/kallsyms | sed -n 's/^\\([0-9a-f]*\\) [tT] do_filp_open$/0x\\1/p'
                    """)
                let offset = try #require(
                    try await lab.guest(
                        node,
                        """
                        cd /sys/kernel/tracing; for offset in 4 5 9; do
                            echo p:asked/it do_filp_open+$offset >>dynamic_events && echo 1 >events/asked/it/enable \
                                && found=$offset; echo 0 >events/asked/it/enable; echo -:asked/it >>dynamic_events
                            [ -z "$found" ] || break
                        done 2>/dev/null; echo $found
                        """
                    ).first.flatMap { Int($0) })
                let texts = try await lab.texts(
                    [
                        "-p", "kretprobe:do_filp_open file=$retval:x64",
                        "-p", "p:inside do_filp_open+\(offset)",
                        "-p", "p:byaddress \(try #require(address.first)) name=+0(+0(%si)):string",
                    ], while: "sample", on: [node])[node]
                #expect(
                    count(
                        texts,
                        #"do_filp_open__return: \([a-z_0-9.]+\+0x[0-9a-f/x]+ <- do_filp_open\) file=0x[0-9a-f]{16}"#)
                        > 0, "\(texts ?? [])")
                let inside = #"inside: \(do_filp_open\+0x\#(String(offset, radix: 16))/0x[0-9a-f]+\)"#
                #expect(count(texts, inside) > 0, "\(texts ?? [])")
                #expect(
                    count(texts, #"byaddress: \(do_filp_open\+0x[04]/0x[0-9a-f]+\) name="/usr/bin/sample""#) == 1,
                    "\(texts ?? [])")
            }
        }

        /// The first and the last of the functions `s_next` that its kernel would take.
        private static func plantNumbered(_ lab: Lab, on name: String) async throws {
            var own: [String] = []
            let script = "grep -F ' s_next' /proc/kallsyms | sed -n 's/ [tT] s_next$//p' | sort"
            for address in try await lab.guest(name, script) where !own.contains(address) {
                own.append(address)
            }
            #expect(own.count > 1, "\(name) has \(own)")
            // Some of them are in the tracers' own code, where some kernels allow no probes.
            var last = own.count
            while last > 1, try await !lab.takes("kretprobe:s_next#\(last)", on: name) { last -= 1 }
            #expect(last > 1, "\(name) has \(own)")
            let trace = try await lab.trace([
                "-p", "kprobe:s_next#1 m=$arg1", "-p", "last=kretprobe:s_next#\(last) ret=$retval", "--on",
                name,
            ])
            let planted = try await lab.guest(
                name,
                """
                [ -e /sys/kernel/debug/kprobes ] || mount -t debugfs none /sys/kernel/debug
                cat /sys/kernel/debug/kprobes/list
                """
            ).map { $0.split(separator: " ") }
            for (address, kind) in [(own[0], "k"), (own[last - 1], "r")] {
                // Behind the instruction that a jump through a pointer has to find (ENDBR).
                let entry = UInt64(address, radix: 16) ?? 0
                let probes = planted.filter { $0.count > 1 && $0[1] == kind }
                let places = probes.compactMap { UInt64($0[0], radix: 16) }
                #expect(places.contains(entry) || places.contains(entry + 4), "\(name) \(own): \(planted)")
            }
            trace.send(SIGINT)
            let status = try await trace.exit()
            #expect(status == .success, "\(trace.errors.text)")
        }

        @Test("One of several functions of a name, by its number: it is planted where it is, and the others are named")
        func numbered() async throws {
            try await Lab.with { lab in
                try await withThrowingTaskGroup { group in
                    for name in lab.ends {
                        group.addTask { try await Self.plantNumbered(lab, on: name) }
                    }
                    try await group.waitForAll()
                }
                let refused = try await lab.run(
                    ["trace", "--for", "1s", "-p", "kprobe:s_next#99"] + Lab.on(lab.guests)
                        + lab.access,
                    expecting: .exited(1))
                #expect(refused.errors.text.contains("s_next#2 (behind "), "\(refused.errors.text)")
            }
        }

        @Test("Programs: entry and return of a function, and USDT probes, whose semaphore is raised meanwhile")
        func programs() async throws {
            try await Lab.with { lab in
                for (path, guests) in [("/usr/bin/sample", lab.guests), ("/usr/bin/sample-shared", lab.ends)] {
                    let texts = try await lab.texts(
                        [
                            "-p", "uprobe:\(path):sample_work round=$arg1:s32 name=+0($arg2):string",
                            "-p", "uretprobe:\(path):sample_work result=$retval:s32",
                            "-p", "usdt:\(path):fleetrace:round", "-p", "usdt:\(path):fleetrace:watched",
                        ], while: "\(path) 3 1 >/tmp/output; grep watched=3 /tmp/output", on: guests)
                    for name in guests {
                        let lines = texts[name]
                        for round in 1...3 {
                            let entry = #"sample_work: \(0x[0-9a-f]+\) round=\#(round) name="sample text""#
                            #expect(count(lines, entry) == 1, "\(lines ?? [])")
                            let result = #"sample_work__return: \(0x[0-9a-f]+ <- 0x[0-9a-f]+\) result=\#(round * 2)"#
                            #expect(count(lines, result) == 1, "\(lines ?? [])")
                            #expect(
                                count(lines, #"round: \(0x[0-9a-f]+\) arg1=\#(round) .*"#) == 1, "\(lines ?? [])")
                            let watched = #"watched: \(0x[0-9a-f]+\) arg1=\#(round << 32)"#
                            #expect(count(lines, watched) == 1, "\(lines ?? [])")
                        }
                    }
                }
                // The semaphore is down again.
                try await lab.guests("sample 3 | grep watched=0")
            }
        }

        @Test(
            "The check: nodes with the same result share a row, whatever their addresses; near matches; the blacklist")
        func check() async throws {
            try await Lab.with { lab in
                let having = try await lab.guests(having: Self.function)
                guard let node = having.last else { return }
                let guests = having.joined(separator: ", ")
                let role = Lab.on(having)
                let table = try await lab.run(
                    ["probe", Self.example, "uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:malloc size=%di:u64"]
                        + role + (lab.hasHost ? ["--on", Lab.host] : []) + lab.access, expecting: nil)
                print(table.output.text)
                #expect(table.output.text.contains(guests), "\(table.output.text)")
                #expect(table.output.text.contains("ftrace"), "\(table.output.text)")
                let refusing = lab.hasHost && !Lab.hostHasKprobes
                #expect(table.exitStatus == .exited(refusing ? 1 : 0), "\(table.errors.text)")
                #expect(table.output.text.contains("no kprobes") == refusing, "\(table.output.text)")

                let near = try await lab.run(
                    ["probe", "kprobe:do_flip_open"] + role + lab.access, expecting: .exited(1))
                #expect(near.output.text.contains("do_filp_open"), "\(near.output.text)")
                let listed = try await lab.guest(
                    node, "awk 'NR == 1 { print $2 }' /sys/kernel/debug/kprobes/blacklist")
                let function = try #require(listed.first)
                let black = try await lab.run(
                    ["probe", "kprobe:\(function)", "--on", node] + lab.access, expecting: .exited(1))
                #expect(black.output.text.contains("blacklist"), "\(function): \(black.output.text)")
            }
        }

        @Test("One request whose probes every kernel refuses, each for a reason of its own")
        func reasons() async throws {
            try await Lab.with { lab in
                let inside = "p:inside vfs_read+1"
                let reasons = [
                    (inside, ["Probe point is not an instruction boundary"]),
                    // Linux 5.10 refuses it without a reason.
                    ("p:nowhere 0xffff800000001000", ["lies in no function", "Failed to register probe event"]),
                    ("kprobe:jiffies", ["is data of the kernel"]),
                    // Inlined in later kernels.
                    ("kprobe:native_safe_halt", ["is marked notrace", "does not exist here"]),
                    ("kprobe:rcu_read_lock", ["inlined everywhere"]),
                    ("kprobe:nosuchmodule:start_xmit", ["no module \"nosuchmodule\" is loaded"]),
                    ("p:fetch vfs_read x=@nosuchsymbol", ["no kernel symbol \"nosuchsymbol\" to fetch"]),
                    ("p:sched/sched_switch vfs_read", ["has an event sched:sched_switch already"]),
                ]
                let refused = try await lab.run(
                    ["probe", "--on", "role=web"] + reasons.map(\.0) + lab.access, expecting: .exited(1))
                print(refused.output.text)
                let lines = refused.output.texts
                for (probe, allowed) in reasons {
                    // The probe's row, and those of nodes with another result below it.
                    let first = try #require(lines.firstIndex { $0.hasPrefix(probe + " ") }, "\(refused.output.text)")
                    let rows = [lines[first]] + lines[(first + 1)...].prefix { $0.hasPrefix("   ") }
                    for row in rows {
                        #expect(row.contains(" no  ") && allowed.contains { row.contains($0) }, "\(row)")
                    }
                }
                // The kernel's caret, below the location as the operator wrote it.
                let shown = try #require(lines.firstIndex(of: "  \(inside)"), "\(refused.output.text)")
                #expect(lines[shown + 1] == "           ^", "\(refused.output.text)")
            }
        }

        @Test("`fleetrace node` shows which probes exist on a guest, whose they are, and how often they were hit")
        func node() async throws {
            try await Lab.with { lab in
                guard let name = try await lab.guests(having: Self.function).first else { return }
                try await lab.guest(name, "echo 'p:somebody/elses vfs_fsync' >>/sys/kernel/tracing/dynamic_events")
                let trace = try await lab.trace(["-p", Self.example, "--on", name])
                try await lab.guest(name, "sample")
                let text = try await lab.run(["node", name] + lab.access).output.text
                print(text)
                #expect(text.contains("myprobe") && text.contains("somebody") && text.contains("ftrace"), "\(text)")
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")
                // Probes of others are still there.
                try await lab.guest(
                    name,
                    "cd /sys/kernel/tracing && grep somebody/elses dynamic_events && echo -:somebody/elses >>dynamic_events"
                )
            }
        }
    }
}

extension Lab {
    /// Whether a node's kernel would plant a probe.
    fileprivate func takes(_ probe: String, on node: String) async throws -> Bool {
        try await run(["probe", probe, "--on", node] + access, expecting: nil).output.texts.contains {
            $0.contains("  yes  ")
        }
    }
}
