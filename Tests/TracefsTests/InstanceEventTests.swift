import Glibc
import SystemFacts
import TestSupport
import Testing
import TextPatterns

@testable import Tracefs

@Suite(.needsTracefs) struct InstanceEventTests {
    static let schedSwitch = EventName(system: "sched", name: "sched_switch")

    @Test func enablesAndDisables() throws {
        try RealTracefs.withInstance("enable") { root, instance in
            let events = try root.resolve(pattern: "sched:sched_wak*")
            #expect(!events.isEmpty)
            try instance.enable(events)
            #expect(try instance.enabledEvents() == events)
            try instance.disable([events[0]])
            #expect(try instance.enabledEvents() == Array(events.dropFirst()))
            try instance.disableAll()
            #expect(try instance.enabledEvents().isEmpty)
        }
    }

    @Test func namesTheEventThatIsMissing() throws {
        try RealTracefs.withInstance("missing") { _, instance in
            let none = try #require(EventName("sched:sched_swich"))
            let error = try #require(throws: TracefsError.self) { try instance.enable([none]) }
            #expect(error.description.contains("there is no event sched:sched_swich"))
            #expect(throws: TracefsError.self) { try instance.setFilter(none, "1") }
            #expect(throws: TracefsError.self) { try instance.setTrigger(none, "traceoff") }
            let print = try #require(EventName("ftrace:print"))
            #expect(throws: TracefsError.self) { try instance.enable([print]) }
        }
    }

    @Test func passesTheKernelsComplaintOn() throws {
        try RealTracefs.withInstance("filter") { _, instance in
            let event = try #require(Self.schedSwitch)
            try instance.setFilter(event, "prev_prio < 100 && next_comm != \"x\"")
            let error = try #require(throws: TracefsError.self) {
                try instance.setFilter(event, "prev_prio < 100 && prev_foo == 3")
            }
            guard case .rejected(let rejection) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(rejection.event == event)
            #expect(rejection.log?.message == "Field not found")
            #expect(rejection.log?.command == "prev_prio < 100 && prev_foo == 3")
            #expect(rejection.log?.caret != nil)
            // As documented, the previous filter is gone too.
            #expect(try instance.text("events/sched/sched_switch/filter") == "none\n")
            // The next error must be that of the next write.
            let second = try #require(throws: TracefsError.self) { try instance.setFilter(event, "prev_prio <") }
            guard case .rejected(let rejection) = second else {
                Issue.record("\(second)")
                return
            }
            #expect(rejection.log?.command == "prev_prio <")
        }
    }

    @Test func refusesWhatCannotBeAFilter() throws {
        try RealTracefs.withInstance("badfilter") { _, instance in
            let event = try #require(Self.schedSwitch)
            for text in ["", "a\u{0}b", String(repeating: "x", count: 4096)] {
                let error = try #require(throws: TracefsError.self) { try instance.setFilter(event, text) }
                guard case .invalidArgument = error else {
                    Issue.record("\(error)")
                    return
                }
            }
        }
    }

    @Test func setsAndRefusesTriggers() throws {
        try RealTracefs.withInstance("trigger") { _, instance in
            let event = try #require(EventName("syscalls:sys_enter_getppid"))
            let error = try #require(throws: TracefsError.self) { try instance.setTrigger(event, "explode") }
            guard case .rejected(let rejection) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(rejection.kind == .trigger)
            #expect(rejection.errno == EINVAL)
            try instance.setTrigger(event, "traceoff if common_pid == \(TaskList.currentThread())")
            let triggers = try instance.triggers(event)
            #expect(triggers.count == 1 && triggers[0].hasPrefix("traceoff"))
            try instance.enable([event])
            try instance.setTracing(true)
            callGetppid(times: 1)
            #expect(try !instance.isTracing())
            try instance.setTrigger(event, "stacktrace:5")
            try instance.setTrigger(event, "enable_event:sched:sched_switch")
            #expect(try instance.triggers(event).count == 3)
            try instance.clearTriggers(event)
            #expect(try instance.triggers(event).isEmpty)
        }
    }
}

@Suite(.needsTracefs) struct InstanceTaskTests {
    static func recorded(_ instance: TraceInstance) throws -> Int64 {
        try instance.cpus().reduce(0) { try $0 + instance.statistics(cpu: $1).recorded }
    }

    @Test func leavesThreadsOut() throws {
        try RealTracefs.withInstance("notrace") { _, instance in
            let event = try #require(EventName("syscalls:sys_enter_getppid"))
            let me = TaskList.currentThread()
            // Other tests call it too, on other threads.
            try instance.setFilter(event, "common_pid == \(me)")
            try instance.enable([event])
            try instance.setTracing(true)
            callGetppid(times: 3)
            #expect(try Self.recorded(instance) == 3)
            try instance.setNotracePIDs([me, 1])
            #expect(try instance.notracePIDs() == [1, me].sorted())
            callGetppid(times: 5)
            #expect(try Self.recorded(instance) == 3)
            try instance.setNotracePIDs([1])
            #expect(try instance.notracePIDs() == [1])
            callGetppid(times: 2)
            #expect(try Self.recorded(instance) == 5)
            try instance.setNotracePIDs([Int32]())
            #expect(try instance.notracePIDs().isEmpty)
        }
    }

    @Test func leavesOutThreadsThatStartLater() throws {
        guard try HostFacts.current().isInitialPIDNamespace else { return }
        try RealTracefs.withInstance("fork") { _, instance in
            try instance.excludeOwnThreads()
            #expect(Set(try instance.notracePIDs()).isSuperset(of: [TaskList.currentThread()]))
            let later = SystemCallWriter(cpu: nil)
            defer { later.stop() }
            #expect(try instance.notracePIDs().contains(later.thread))
            // Without the option it would not be listed.
            try instance.setOption("event-fork", false)
            let unlisted = SystemCallWriter(cpu: nil)
            defer { unlisted.stop() }
            #expect(try !instance.notracePIDs().contains(unlisted.thread))
        }
    }

    @Test func takesListsLongerThanAPage() throws {
        try RealTracefs.withInstance("pids") { _, instance in
            let pids = Array(Int32(100_000)..<120_000)
            try instance.setNotracePIDs(pids)
            #expect(try instance.notracePIDs() == pids)
            try instance.setNotracePIDs(pids + [7])
            #expect(try instance.notracePIDs() == [7] + pids)
            try instance.setNotracePIDs(pids.dropLast())
            #expect(try instance.notracePIDs() == Array(pids.dropLast()))
        }
    }

    @Test func refusesImpossiblePIDs() throws {
        try RealTracefs.withInstance("badpids") { _, instance in
            #expect(throws: TracefsError.self) { try instance.setNotracePIDs([-1]) }
            #expect(throws: TracefsError.self) { try instance.setNotracePIDs([1, .max]) }
            let kept = try instance.notracePIDs()
            #expect(kept.isEmpty)
        }
    }
}
