import Glibc
import SystemFacts
import TestSupport
import Testing
import TextPatterns

@testable import Tracefs

@Suite(.needsTracefs) struct RootTests {
    @Test func listsAndResolvesEvents() throws {
        let root = try RealTracefs.root.get()
        let events = try root.events()
        #expect(events == events.sorted())
        #expect(events.allSatisfy { $0.isEnableable })
        #expect(try root.resolve(pattern: "sched:sched_switch").map(\.description) == ["sched:sched_switch"])
        let all = try root.resolve(pattern: "*:*")
        // Other tests plant and remove probes meanwhile.
        let after = try root.events()
        let lasting = Set(events).intersection(after)
        #expect(all == all.sorted() && lasting.count > 100 && lasting.isSubset(of: all))
        #expect(Set(all).isSubset(of: Set(events).union(after)))
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
            // The kernel saves the name at the next switch after an event, unless another CPU is saving. So yield the
            // CPU after each event, and repeat it.
            func isNamed() throws -> Bool {
                let lines = try root.savedCmdlines().split(separator: UInt8(ascii: "\n"))
                return lines.contains { $0.elementsEqual("\(me) \(comm)".utf8) }
            }
            for _ in 0..<200 where try !isNamed() {
                callGetppid(times: 1)
                usleep(1)
            }
            #expect(try isNamed())
        }
    }

    @Test func refusesWhatIsNoTracefs() {
        let error = #expect(throws: TracefsError.self) { try TracefsRoot.at("/proc") }
        #expect(error?.description == "no tracefs on this node: /proc is not a tracefs mount")
        #expect(throws: TracefsError.self) { try TracefsRoot.at("/no/such/place") }
    }

    @Test func comparesTheClocks() throws {
        let check = try RealTracefs.withInstance("clockcheck") { try TraceClockCheck.run(in: $1) }
        guard case .agrees(let uncertainty) = check else {
            // This is right in a time namespace with an offset, and a failure everywhere else.
            let offsets = (try? ControlFile.text("/proc/self/timens_offsets")) ?? ""
            #expect(offsets.split(whereSeparator: \.isWhitespace).contains { Int($0) ?? 0 != 0 }, "\(check)")
            return
        }
        #expect(uncertainty > .zero)
    }
}
