import Foundation
import Testing

extension LabTests {
    /// The examples of docs/guide/from-tracefs.md on each kernel that has what they name.
    @Suite(.serialized)
    struct LabGuideTests {
        private static func guide() throws -> String {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            return try String(contentsOf: root.appendingPathComponent("docs/guide/from-tracefs.md"), encoding: .utf8)
        }

        /// A text that must stand in the guide as it is.
        private static func quoted(_ text: String) throws -> String {
            #expect(try guide().contains(text), "docs/guide/from-tracefs.md does not have: \(text)")
            return text
        }

        @Test("find events -type d: `list` has the same events, kernel by kernel")
        func events() async throws {
            try await Lab.with { lab in
                // Events without `enable` are the tracers' own; a folder of a system holds folders, not a format.
                let folders = try await lab.guests(
                    """
                    cd /sys/kernel/tracing/events && find . -type d | while read -r folder; do
                        [ ! -f "$folder/format" ] || [ ! -f "$folder/enable" ] || echo "$folder"
                    done
                    """)
                for name in lab.guests {
                    let there = Set((folders[name] ?? []).map { String($0.dropFirst(2)).replacing("/", with: ":") })
                    let lines = try await lab.run(["list", "--on", name] + lab.access).output.texts
                    let listed = Set(lines.dropFirst().map { String($0.prefix { $0 != " " }) })
                    #expect(there.count > 1000, "\(name): \(there.count)")
                    #expect(there == listed, "\(name): \(there.symmetricDifference(listed).sorted().prefix(20))")
                }
            }
        }

        @Test("perf probe --add do_filp_open, and myprobe with dfd and pathname, where the kernel has the function")
        func function() async throws {
            try await Lab.with { lab in
                let guests = try await lab.guests(having: .function("do_filp_open"))
                guard !guests.isEmpty else { return }
                let probe = try Self.quoted("kprobe:do_filp_open")
                let check = try await lab.run(["probe", probe] + Lab.on(guests) + lab.access)
                #expect(check.output.text.contains(" ftrace "), "\(check.output.text)")
                let named = try Self.quoted("p:myprobe do_filp_open dfd=%di:s32 pathname=+0(+0(%si)):string")
                let texts = try await lab.texts(["-p", probe, "-p", named], while: "sample", on: guests)
                let place = #"\(do_filp_open\+0x[04]/0x[0-9a-f]+\)"#
                for name in guests {
                    #expect(count(texts[name], "do_filp_open: " + place) > 0, "\(texts)")
                    let form = "myprobe: " + place + #" dfd=-100 pathname="/etc/hosts""#
                    #expect(count(texts[name], form) == 1, "\(texts)")
                }
            }
        }

        @Test("do_sys_open: \"/etc/hosts\" 88000 666: name, flags and mode on every kernel")
        func opens() async throws {
            try await Lab.with { lab in
                let function = try Self.quoted(
                    "p:do_sys_open do_sys_openat2 filename=+0(%si):ustring flags=+0(%dx):x32")
                let call = try Self.quoted(
                    "p:openat __x64_sys_openat filename=+0(+104(%di)):ustring mode=+56(%di):x16")
                let texts = try await lab.texts(["-p", function, "-p", call], while: "sample")
                for name in lab.guests {
                    let flags =
                        #"do_sys_open: \(do_sys_openat2\+0x[0-9a-f]+/0x[0-9a-f]+\) filename="/etc/hosts" flags=0x88000"#
                    let mode =
                        #"openat: \(__x64_sys_openat\+0x[0-9a-f]+/0x[0-9a-f]+\) filename="/etc/hosts" mode=0x1b6"#
                    #expect(count(texts[name], flags) == 1 && count(texts[name], mode) == 1, "\(name): \(texts)")
                }
                let typed = try await lab.guests(having: .typedArguments)
                let names = try Self.quoted("filename=+0(filename):ustring flags=how->flags:x32")
                guard !typed.isEmpty else { return }
                let events = try await lab.events(
                    ["-p", "p:do_sys_open do_sys_openat2 \(names)", "-f", "do_sys_open: comm == \"sample\""],
                    while: "sample", on: typed)
                for name in typed {
                    let own = events.filter { $0.node == name && $0.fields["filename"] as? String == "/etc/hosts" }
                    #expect(own.map { $0.number("flags") } == [0x88000], "\(name): \(events.map(\.text))")
                }
            }
        }
    }
}
