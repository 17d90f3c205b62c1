import TestSupport
import Testing

@testable import Timeline

/// Recordings on which a reader prints something wrong or nothing unless it knows what their kernels do. Each has a few
/// events, with the fault of a public recording.
@Suite struct FaultRecordingTests {
    @Test(arguments: [
        // Linux 5.10 has four flags.
        ("columns-of-older-kernels", ["tester-77      [000] d..2     1.000000: wake: x=5"]),
        // kernel.kptr_restrict: all symbols have the address 0.
        ("kallsyms-all-zero", ["tester-77      [000] .....     1.000000: 0xc03e53c4: cluster=7"]),
        // Arrays of `unsigned long` on a 32-bit machine.
        (
            "long-arrays-32-bit",
            [
                "tester-77      [000] .....     1.000000: sys_enter: NR 3 (11, 22, 33, 44, 55, 66)",
                "tester-77      [000] .....     1.000001: half: a0=11 a1=22",
            ]
        ),
        // CONFIG_KALLSYMS_ALL=n: nothing says where the kernel's own symbols end.
        (
            "module-symbols-without-end",
            [
                "timer_x: ps=__direct_mmap_to_user [platform_edge] pS=__direct_mmap_to_user+0x10/0x100 [platform_edge]",
                "timer_x: ps=edge_open [platform_edge] pS=edge_open+0x4/0xf00 [platform_edge]",
                "timer_x: ps=0xffffffffff600400 pS=0xffffffffff600400",
            ]
        ),
        // Quotation marks in a print format.
        (
            "quotes-in-print-format",
            [#"1.000000: do_sys_open: "/etc/passwd" 8000 0"#, #"1.000001: open_exec: "/bin/ls""#]
        ),
        (
            "small-gaps-of-the-compiler",
            [
                "dwc3_readl: addr ffffff8008000010 value 00000003", "right: addr ffffff8008000010 value 00000003",
                "le16: ftype:0x88", "cast: 3", "div: 0 us",
            ]
        ),
        // Before Linux 5.5 the text of a marker is a `char buf` of no size.
        (
            "trace_marker-text-lost",
            ["1.000000: tracing_mark_write: cpu_frequency_devlib:        state=450000 cpu_id=0"]
        ),
        // A table with an enumerator in an expression.
        (
            "unknown-enumerator-in-expression",
            ["ext4_es_lookup_extent_exit: dev 8,0 ino 12 found 1 [0/1) 738 W0x10"]
        ),
    ])
    func linesAreRight(name: String, expected: [String]) throws {
        let (text, problems) = try report([Fixture.path("faults/\(name).dat")])
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(problems.isEmpty)
        #expect(lines.count == expected.count, "\(text)")
        for (line, end) in zip(lines, expected) { #expect(line.hasSuffix(end)) }
    }
}
