import CLinux
import Glibc
import SystemFacts
import Testing
import TextPatterns
import Tracefs

@testable import PerfCounters

/// On this machine's kernel.
@Suite(.serialized, .enabled(if: KernelCounting.isPossible, "needs root, tracefs and perf events"))
struct CounterSetTests {
    @Test("A known number of calls is counted exactly, without calls before the start and after the stop")
    func exact() throws {
        let set = try CounterSet(KernelCounting.calls, online: CPUList.online().cpus)
        #expect(set.refused.isEmpty)
        KernelCounting.call(7)
        try set.enable()
        KernelCounting.call(1234)
        #expect(KernelCounting.total(set, column: 0) == 1234)
        KernelCounting.call(1)
        set.disable()
        KernelCounting.call(5)
        for column in KernelCounting.calls.indices { #expect(KernelCounting.total(set, column: column) == 1235) }
        try set.enable()
        KernelCounting.call(2)
        set.disable()
        #expect(KernelCounting.total(set, column: 0) == 1237)
    }

    @Test("All counters of one CPU count the same time")
    func times() throws {
        let columns = KernelCounting.calls + [.init(try #require(CounterName.event("cpu-clock")))]
        let set = try CounterSet(columns, online: CPUList.online().cpus)
        try set.enable()
        usleep(20_000)
        set.disable()
        var enabled: [Int: Set<Duration>] = [:]
        set.read { _, cpu, value in
            enabled[cpu, default: []].insert(value.enabled)
            #expect(value.running == value.enabled && !value.isScaled)
        }
        #expect(enabled.count == (try CPUList.online().cpus.count))
        for (_, times) in enabled {
            #expect(times.count == 1)
            #expect(times.allSatisfy { $0 >= .milliseconds(20) && $0 < .seconds(2) })
        }
    }

    @Test("Counters that this machine does not have are named, and the others are counted")
    func unsupported() throws {
        // A tracepoint that does not exist, and a hardware counter that may exist.
        let columns: [CounterSet.Column] =
            [.init(.tracepoint(id: 65_000)), .init(try #require(CounterName.event("instructions")))]
            + KernelCounting.calls
        let set = try CounterSet(columns, online: CPUList.online().cpus)
        #expect(set.refused[0]?.meansUnsupported == true)
        if let error = set.refused[1] { #expect(error.description == "not supported on this node") }
        #expect(set.refused[2] == nil)
        try set.enable()
        KernelCounting.call(10)
        set.disable()
        #expect(KernelCounting.total(set, column: 2) == 10)
        #expect(KernelCounting.total(set, column: 0) == nil)
    }

    @Test("A filter that the kernel refuses only affects its own counter")
    func filter() throws {
        let id = KernelCounting.eventID
        let set = try CounterSet(
            [.init(.tracepoint(id: id), filter: "nofield == 1"), .init(.tracepoint(id: id), filter: "which == 1")],
            online: CPUList.online().cpus)
        #expect(set.refused.keys.sorted() == [0])
    }

    @Test("A CPU that goes offline keeps its last value, and one that comes online is counted from then on")
    func hotplug() throws {
        let online = try CPUList.online().cpus
        let (first, last) = (try #require(online.first), try #require(online.last))
        guard first != last else { return }
        let set = try CounterSet(KernelCounting.calls, online: [first, last])
        try set.enable()
        KernelCounting.call(3, on: last)
        // The kernel's list if the last CPU were offline.
        try set.follow(online: [first])
        KernelCounting.call(100, on: last)
        #expect(KernelCounting.total(set, column: 0, cpu: last) == 3)
        #expect(try set.follow(online: [first, last]) == [last])
        KernelCounting.call(4, on: last)
        #expect(KernelCounting.total(set, column: 0, cpu: last) == 7)
        #expect(try set.follow(online: [first, last]) == [])
        set.disable()
        #expect(KernelCounting.total(set, column: 0, cpu: last) == 7)
    }

    @Test("Counters that do not fit into one group are distributed over several")
    func manyCounters() throws {
        let columns = Array(repeating: KernelCounting.calls[0], count: CounterGroup.capacity + 2)
        let cpu = try #require(CPUList.online().cpus.first)
        let set = try CounterSet(columns, online: [cpu])
        try set.enable()
        KernelCounting.call(2, on: cpu)
        set.disable()
        #expect(KernelCounting.total(set, column: 0) == 2)
        #expect(KernelCounting.total(set, column: columns.count - 1) == 2)
    }
}

/// A load of known size: getpriority(2) with a first argument that nobody else uses.
enum KernelCounting {
    static let isPossible: Bool = {
        guard geteuid() == 0, let root = try? TracefsRoot.locate(mountIfNeeded: true) else { return false }
        return (try? root.eventID(event)) != nil
    }()

    private static let event = EventName(system: "syscalls", name: "sys_enter_getpriority")!
    private static let which = Int32.random(in: 0x1000_0000...0x7000_0000)

    static let eventID: UInt64 = {
        guard let root = try? TracefsRoot.locate(mountIfNeeded: true), let id = try? root.eventID(event) else {
            return 0
        }
        return UInt64(id)
    }()

    /// The same calls twice.
    static let calls: [CounterSet.Column] = [
        .init(.tracepoint(id: eventID), filter: "which == \(which)"),
        .init(.tracepoint(id: eventID), filter: "which == \(which) && who == 0"),
    ]

    static func call(_ times: Int) {
        for _ in 0..<times { _ = getpriority(__priority_which_t(UInt32(which)), 0) }
    }

    /// On a thread of its own, so that the affinity of the test's thread does not change.
    static func call(_ times: Int, on cpu: Int) {
        final class Job: Sendable {
            let times: Int
            let cpu: Int
            init(_ times: Int, _ cpu: Int) {
                self.times = times
                self.cpu = cpu
            }
        }
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job(times, cpu))
        pthread_create(
            &thread, nil,
            { argument in
                if let argument {
                    let job = Unmanaged<Job>.fromOpaque(argument).takeRetainedValue()
                    try? CPUAffinity.pinCurrentThread(to: job.cpu)
                    KernelCounting.call(job.times)
                }
                return nil
            }, job.toOpaque())
        pthread_join(thread, nil)
    }

    static func total(_ set: CounterSet, column: Int, cpu: Int? = nil) -> UInt64? {
        var total: UInt64?
        set.read { index, at, value in
            if index == column, cpu == nil || cpu == at { total = (total ?? 0) + value.count }
        }
        return total
    }
}
