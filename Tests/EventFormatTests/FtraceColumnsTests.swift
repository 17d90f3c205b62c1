import Testing

@testable import EventFormat

@Suite struct FtraceColumnsTests {
    @Test(
        arguments: [
            ("3.2.0", .withoutFlags), ("3.10.49-g123", .narrow), ("5.9.16", .narrow),
            ("5.10.0-32-cloud-amd64", .fourFlags),
            ("5.14.21-150500.53-default", .fourFlags), ("5.15.0-91-generic", .migration), ("5.16.0", .migration),
            ("5.17.0", .bottomHalves), ("6.12.117+deb13-cloud-amd64", .bottomHalves), ("6.13.0-rc1", .lazyReschedule),
            ("7.2.13+deb14", .lazyReschedule), ("10.0", .lazyReschedule),
        ] as [(String, FtraceColumns)])
    func releaseDecides(release: String, expected: FtraceColumns) throws {
        #expect(FtraceColumns(try #require(KernelRelease(release))) == expected)
        #expect(SampleEvent().catalog(kernel: KernelDescription(release: release)).columns == expected)
    }

    @Test(arguments: ["", "linux", "6", "6.", "v6.1", ".1", "-6.1"])
    func whatIsNoReleaseIsNone(text: String) {
        #expect(KernelRelease(text) == nil)
    }

    @Test(
        arguments: [
            (.withoutFlags, 0x25, 0x12, ""), (.narrow, 0x05, 0x02, "dn.2"), (.narrow, 0x81, 0x12, "d..12"),
            (.fourFlags, 0x02, 0x00, "X..."), (.fourFlags, 0x18, 0x0f, "..Hf"), (.fourFlags, 0x00, 0xff, "...ff"),
            (.migration, 0x80, 0x21, "...12"), (.migration, 0x24, 0x00, ".N..."), (.bottomHalves, 0x81, 0x00, "D...."),
            (.bottomHalves, 0x02, 0x00, "X...."), (.lazyReschedule, 0x02, 0x00, ".l..."),
        ] as [(FtraceColumns, UInt8, UInt8, String)])
    func flagsOfAKernel(columns: FtraceColumns, flags: UInt8, preempt: UInt8, expected: String) {
        var out = TextBuffer()
        LatencyFlags(flags: flags, preemptCount: preempt).append(columns, to: &out)
        #expect(out.string == expected)
    }

    @Test(
        arguments: [
            (.withoutFlags, "            bash-12    [001]     1.000000: "),
            (.narrow, "            bash-12    [001] d..2     1.000000: "),
            (.fourFlags, "            bash-12      [001] d..2     1.000000: "),
            (.migration, "            bash-12      [001] d..2.     1.000000: "),
        ] as [(FtraceColumns, String)])
    func lineOfAKernel(columns: FtraceColumns, expected: String) {
        var out = TextBuffer()
        var cached = TextBuffer()
        var prefixes = FtracePrefixes()
        Array("bash".utf8).withUnsafeBytes {
            FtraceLine.appendPrefix(
                task: $0, pid: 12, cpu: 1, flags: LatencyFlags(flags: 1, preemptCount: 2), timestamp: 1_000_000_000,
                columns: columns, to: &out)
        }
        // Prefixes of nodes with other kernels are not mixed up.
        for kind in [FtraceColumns.lazyReschedule, columns, columns] {
            cached.removeAll()
            prefixes.append(
                task: (UInt64(littleEndian: 0x6873_6162), 0), nameLength: 4, pid: 12, cpu: 1,
                flags: LatencyFlags(flags: 1, preemptCount: 2), timestamp: 1_000_000_000, columns: kind, to: &cached)
        }
        #expect(out.string == expected)
        #expect(cached.string == expected)
    }

    @Test func headsOfKernels() {
        func head(_ columns: FtraceColumns, _ counts: (UInt64, UInt64)? = (3, 5)) -> String {
            var out = TextBuffer()
            FtraceLine.appendHeader(
                tracer: "function", counts: counts, cpus: counts == nil ? nil : 2, columns: columns, to: &out)
            return out.string
        }
        #expect(head(.withoutFlags).hasPrefix("# tracer: function\n#\n#           TASK-PID    CPU#    TIMESTAMP"))
        #expect(head(.narrow).contains("#           TASK-PID   CPU#  ||||    TIMESTAMP  FUNCTION\n"))
        #expect(head(.fourFlags).contains("#           TASK-PID     CPU#  ||||   TIMESTAMP  FUNCTION\n"))
        #expect(head(.migration).contains("_-----=> irqs-off\n") && head(.migration).contains("migrate-disable"))
        #expect(head(.bottomHalves).contains("irqs-off/BH-disabled\n"))
        #expect(head(.fourFlags).contains("# entries-in-buffer/entries-written: 3/5   #P:2\n#\n"))
        #expect(head(.fourFlags, nil).contains("# entries-in-buffer/entries-written: ?/?   #P:?\n#\n"))
        for columns in FtraceColumns.allCases {
            #expect(head(columns).split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
        }
    }

    @Test("A recording without uname is dated by the formats of its ftrace events")
    func formatsDateAKernel() {
        func format(_ name: String, _ field: String = "", id: Int) -> (system: String, text: String) {
            var event = SampleEvent(name: name, id: id).with("unsigned long ip", UInt64(0))
            if !field.isEmpty { event = event.with(field, UInt32(0)) }
            return ("ftrace", event.format)
        }
        func columns(_ formats: (system: String, text: String)...) -> FtraceColumns {
            EventCatalog(formats: formats).columns
        }
        let print = format("print", id: 5)
        #expect(columns() == .lazyReschedule)
        #expect(columns(print) == .narrow)
        #expect(columns(print, format("hwlat", "unsigned int count", id: 16)) == .fourFlags)
        #expect(columns(print, format("func_repeats", id: 17)) == .bottomHalves)
        #expect(columns(print, format("funcgraph_retaddr_entry", id: 18)) == .lazyReschedule)
    }
}
