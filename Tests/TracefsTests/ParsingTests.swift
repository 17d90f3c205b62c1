import SystemFacts
import Testing
import TextPatterns

@testable import Tracefs

@Suite struct CPUStatisticsTests {
    static let text = """
        entries: 12
        overrun: 345
        commit overrun: 2
        bytes: 6789
        oldest event ts:   749.022808
        now ts:   750.000001
        dropped events: 7
        read events: 100

        """

    @Test func readsTheKernelsText() throws {
        let statistics = try #require(CPUStatistics(text: Self.text))
        #expect(statistics.entries == 12)
        #expect(statistics.bytes == 6789)
        #expect(statistics.oldestEventNanoseconds == 749_022_808_000)
        #expect(statistics.nowNanoseconds == 750_000_001_000)
        #expect(statistics.lost == 345 + 2 + 7)
        #expect(statistics.recorded == 12 + 100 + 345 + 2 + 7)
    }

    @Test func takesCountingClocksAndUnknownLines() throws {
        let text = Self.text.replacing("  749.022808", with: "77").replacing("now ts", with: "writer loops: 4\nnow")
        let statistics = try #require(CPUStatistics(text: text))
        #expect(statistics.oldestEventNanoseconds == nil)
        #expect(statistics.nowNanoseconds == nil)
    }

    /// `entries` is a difference of counters that are read at different times, so it may be negative.
    @Test func keepsATransientNegativeInTheSum() throws {
        let text = Self.text.replacing("entries: 12", with: "entries: -3")
        #expect(try #require(CPUStatistics(text: text)).recorded == -3 + 100 + 354)
    }

    @Test(arguments: ["entries: 12\n", "read events: 100\n", "overrun: 345\n"])
    func refusesWithoutACounter(_ line: String) {
        #expect(CPUStatistics(text: Self.text.replacing(line, with: "")) == nil)
    }

    @Test func refusesWhatIsNoNumber() {
        #expect(CPUStatistics(text: Self.text.replacing("12", with: "twelve")) == nil)
        #expect(CPUStatistics(text: Self.text.replacing("12", with: "99999999999999999999")) == nil)
        #expect(CPUStatistics(text: "") == nil)
    }

    @Test func doesNotTrapOnHugeTimes() throws {
        let text = Self.text.replacing("749.022808", with: "18446744073709551615.999999")
        #expect(try #require(CPUStatistics(text: text)).oldestEventNanoseconds == nil)
    }
}

@Suite struct ErrorLogTests {
    static let filter = """
        [  748.999223] event filter parse error: error: Field not found
          Command: prev_foo == 3
                            ^

        """

    @Test func readsAFilterError() throws {
        let entry = try #require(ErrorLogEntry.last(in: Self.filter))
        #expect(entry.source == "event filter parse error")
        #expect(entry.message == "Field not found")
        #expect(entry.command == "prev_foo == 3")
        #expect(entry.caret == 9)
    }

    @Test func readsTheLastOfSeveral() throws {
        let log = """
            [   14.1] hist:sched:sched_wakeup: error: Couldn't find onmatch event
              Command: keys=pid:ts0
                              ^
            [ 1514.250000] hist:sched:sched_wakeup: error: Variable: bad: error: twice
              Command: hist:keys=pid
                       ^

            """
        let entry = try #require(ErrorLogEntry.last(in: log))
        #expect(entry.source == "hist:sched:sched_wakeup")
        #expect(entry.message == "Variable: bad: error: twice")
        #expect(entry.caret == 0)
    }

    @Test func rendersForTheUser() throws {
        let rejection = KernelRejection(
            kind: .filter, event: EventName("sched:sched_switch"), text: "prev_foo == 3",
            log: ErrorLogEntry.last(in: Self.filter), errno: 22)
        #expect(
            rejection.description == """
                the kernel refused the filter of sched:sched_switch: Field not found
                  prev_foo == 3
                           ^
                """)
        let silent = KernelRejection(
            kind: .trigger, event: EventName("sched:sched_switch"), text: "nonsense", log: nil, errno: 22)
        #expect(
            silent.description
                == "the kernel refused the trigger of sched:sched_switch \"nonsense\": no trigger of this kernel, or malformed "
                + "(the event's file \"trigger\" lists those that it has)")
    }

    @Test(arguments: [
        "", "\n", "[", "[ 1.0] x: error: y", "[ 1.0] x: error: y\n", "no bracket\n  Command: x\n  ^\n",
        "[ 1.0] x: error: y\nCommand: x\n", "[x] x: error: y\n  Command: z\n",
    ])
    func refusesWhatIsNoEntry(_ text: String) {
        #expect(ErrorLogEntry.last(in: text) == nil)
    }

    @Test func ignoresACaretOutsideTheCommand() throws {
        let far = "[ 1.0] x: error: y\n  Command: ab\n\(String(repeating: " ", count: 90))^\n"
        #expect(try #require(ErrorLogEntry.last(in: far)).caret == nil)
        let early = "[ 1.0] x: error: y\n  Command: ab\n ^\n"
        #expect(try #require(ErrorLogEntry.last(in: early)).caret == nil)
    }

    /// An operator's filter may contain lines that look like the kernel's. They may only affect the message.
    @Test func survivesCommandsOfSeveralLines() throws {
        let entry = try #require(
            ErrorLogEntry.last(in: "[ 1.0] x: error: y\n  Command: one\ntwo\n           ^\n"))
        #expect(entry.command == "one two")
        #expect(entry.caret == 0)
    }

    @Test func readsTheFilterFileOfOldKernels() throws {
        let entry = try #require(ErrorLogEntry(filterFile: "prev_foo == 3\n^\nparse_error: Field not found\n"))
        #expect(entry.message == "Field not found")
        #expect(entry.command == "prev_foo == 3")
        #expect(entry.caret == 0)
        #expect(ErrorLogEntry(filterFile: "none\n") == nil)
    }
}

@Suite struct TableTests {
    @Test func readsTraceClocks() {
        let clocks = TraceClocks(text: "local global [mono_raw] x86-tsc\n")
        #expect(clocks.names == ["local", "global", "mono_raw", "x86-tsc"])
        #expect(clocks.current == "mono_raw")
        #expect(TraceClocks(text: "local\n").current == nil)
        #expect(TraceClocks(text: "[] [").current == nil)
    }

    @Test func readsEventNames() {
        let events = TracefsRoot.eventNames([UInt8]("b:x\na:y\nnonsense\na:../x\na:y:z\n".utf8))
        #expect(events == names("a:y", "b:x"))
    }
}

@Suite struct MountInfoTests {
    static let text = #"""
        22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
        41 23 0:12 / /sys/kernel/debug rw - debugfs none rw
        42 23 0:13 / /sys/kernel/tracing rw,nosuid shared:2 master:1 - tracefs nodev rw
        43 23 0:13 /instances/x /mnt/part rw - tracefs nodev rw
        44 23 0:13 / /mnt/with\040space\134 rw - tracefs nodev rw
        nonsense
        45 23 0:13 / /short -
        46 23 0:13 / /none rw,a,b - 

        """#

    @Test func findsWholeTracefsMountsFirst() {
        #expect(
            MountPoint.tracefsCandidates(Self.text) == [
                "/sys/kernel/tracing", "/mnt/with space\\", "/sys/kernel/debug/tracing",
            ])
    }

    @Test func keepsMalformedEscapes() throws {
        let mount = try #require(MountPoint(line: #"1 2 0:1 / /a\9x\777\04 rw - tracefs nodev rw"#))
        #expect(mount.path == #"/a\9x\777\04"#)
    }

    @Test func findsNothingInNothing() {
        #expect(MountPoint.tracefsCandidates("").isEmpty)
    }
}

@Suite struct ErrorTextTests {
    @Test func saysWhatToDo() {
        let error = TracefsError.systemCall(.open, "/sys/kernel/tracing/instances", 13)
        #expect(
            error.description == "cannot open /sys/kernel/tracing/instances: permission denied "
                + "(run the agent as root or give it CAP_SYS_ADMIN and access to tracefs)")
    }

    @Test func namesTheFileAndWhatItMeans() {
        let error = TracefsError.systemCall(.open, "/x/buffer_percent", 2)
        #expect(
            error.explainingMissing("/x/buffer_percent", "it needs Linux 5.0").description
                == "no /x/buffer_percent on this kernel: it needs Linux 5.0")
        #expect(TracefsError.systemCall(.write, "/x/y", 12).description == "cannot write /x/y: cannot allocate memory")
    }
}
