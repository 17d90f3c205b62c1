import Glibc
import TestSupport
import Testing

@testable import Tracefs

@Suite(.needsTracefs) struct RootTests {
    @Test func listsAndResolvesEvents() throws {
        let root = try RealTracefs.root.get()
        let events = try root.events()
        #expect(events == events.sorted())
        #expect(events.allSatisfy { $0.isEnableable })
        #expect(try root.resolve(pattern: "sched:sched_switch").map(\.description) == ["sched:sched_switch"])
        #expect(try root.resolve(pattern: "*:*") == events)
        let error = try #require(throws: TracefsError.self) { try root.resolve(pattern: "sched:sched_swich") }
        #expect(error.description.hasPrefix("no event \"sched:sched_swich\" (did you mean sched:sched_switch"))
    }

    @Test func readsFormats() throws {
        let root = try RealTracefs.root.get()
        let event = try #require(EventName("sched:sched_switch"))
        let text = try root.formatText(event)
        #expect(text.hasPrefix("name: sched_switch\n"))
        #expect(text.contains("ID: \(try root.eventID(event))\n"))
        let ftrace = try root.ftraceEvents()
        #expect(ftrace.contains { $0.name == "print" })
        for event in ftrace { #expect(try root.formatText(event).hasPrefix("name: \(event.name)\n")) }
        #expect(try root.headerPageText().contains("commit"))
        #expect(try root.headerEventText().contains("type_len"))
        let none = try #require(EventName("sched:none_such"))
        let error = try #require(throws: TracefsError.self) { try root.formatText(none) }
        #expect(error.description.contains("there is no event sched:none_such"))
    }

    @Test func readsTables() throws {
        let root = try RealTracefs.root.get()
        _ = try root.printkFormats()
        try RealTracefs.withInstance("comms") { root, instance in
            let event = try #require(EventName("syscalls:sys_enter_getppid"))
            try instance.enable([event])
            try instance.setTracing(true)
            let me = TaskList.currentThread()
            let comm = try #require(TaskList.comm(of: me))
            // The kernel saves the name at the next switch after an event, and not if another CPU is at it: so give the
            // CPU away after each event, and do it again.
            for _ in 0..<200 where try root.savedCmdlines()[me] != comm {
                callGetppid(times: 1)
                usleep(1)
            }
            #expect(try root.savedCmdlines()[me] == comm)
        }
    }

    @Test func refusesWhatIsNoTracefs() {
        let error = #expect(throws: TracefsError.self) { try TracefsRoot.at("/proc") }
        #expect(error?.description == "no tracefs on this node: /proc is not a tracefs mount")
        #expect(throws: TracefsError.self) { try TracefsRoot.at("/no/such/place") }
    }

    @Test func comparesTheClocks() throws {
        let root = try RealTracefs.root.get()
        let name = RealTracefs.uniqueName("clockcheck")
        let check = try TraceClockCheck.run(in: root, instanceName: name)
        guard case .agrees(let uncertainty) = check else {
            // In a time namespace with an offset this is the right answer, and everywhere else a failure.
            let offsets = (try? ControlFile.text("/proc/self/timens_offsets")) ?? ""
            #expect(offsets.split(whereSeparator: \.isWhitespace).contains { Int($0) ?? 0 != 0 }, "\(check)")
            return
        }
        #expect(uncertainty > 0)
        #expect(try root.instances(prefix: name).isEmpty)
    }
}

@Suite struct NodeTests {
    @Test func knowsTheHost() throws {
        let facts = try HostFacts.current()
        #expect(facts.kernelRelease.split(separator: ".").count >= 2)
        #expect(facts.bootID.count == 36)
        #expect(facts.possibleCPUs >= facts.onlineCPUs && facts.onlineCPUs >= 1)
        #expect(facts.pageSize >= 4096)
        #expect(facts == (try HostFacts.current()))
    }

    @Test func knowsItsThreads() throws {
        let threads = try TaskList.ownThreads()
        #expect(threads.contains(TaskList.currentThread()))
        #expect(threads.contains(TaskList.currentProcess()))
        #expect(try TaskList.threads(of: TaskList.currentProcess()).contains(TaskList.currentThread()))
        #expect(TaskList.comm(of: TaskList.currentProcess())?.isEmpty == false)
        #expect(TaskList.comm(of: -1) == nil)
        #expect(throws: TracefsError.self) { try TaskList.threads(of: -1) }
    }

    @Test func pinsThreads() throws {
        let allowed = CPUAffinity.currentThread()
        let cpu = try #require(allowed.last)
        try CPUAffinity.pinCurrentThread(to: cpu)
        defer { try? CPUAffinity.setCurrentThread(allowed) }
        #expect(CPUAffinity.currentThread() == [cpu])
        #expect(throws: TracefsError.self) { try CPUAffinity.pinCurrentThread(to: 8191) }
        #expect(throws: TracefsError.self) { try CPUAffinity.pinCurrentThread(to: -1) }
        #expect(throws: TracefsError.self) { try CPUAffinity.setCurrentThread([]) }
    }

    @Test func waitsUntilADeadline() {
        let deadline = MonotonicRawClock.now() + 3_000_000
        #expect(MonotonicRawClock.wait(until: deadline) >= deadline)
        #expect(MonotonicRawClock.wait(until: 0) > 0)
    }

    @Test func readsFilesWithinALimit() throws {
        #expect(try ControlFile.read("/proc/self/status").count > 100)
        #expect(throws: TracefsError.tooLarge(path: "/proc/self/status", limit: 100)) {
            try ControlFile.read("/proc/self/status", limit: 100)
        }
        #expect(throws: TracefsError.self) { try ControlFile.read("/proc/self/no-such-file") }
    }
}
