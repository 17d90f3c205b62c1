import FleetView
import OperatorClient
import TextPatterns
import TraceProtocol

/// What `top` counts.
struct TopEvents {
    private(set) var events: [String] = []
    /// perf's counters, which have no system.
    private(set) var counters: [String] = []
    /// What was left out, for people.
    private(set) var remark = ""

    /// These tell most about what a node does. Not every kernel has all of them.
    private static let usual = [
        "raw_syscalls:sys_enter", "sched:sched_switch", "sched:sched_wakeup", "sched:sched_process_exec",
        "irq:irq_handler_entry", "irq:softirq_entry", "timer:hrtimer_expire_entry", "block:block_rq_issue",
        "net:net_dev_queue", "net:netif_receive_skb", "exceptions:page_fault_user", "kmem:mm_page_alloc",
    ]

    /// At most this many events are counted besides the usual ones.
    private static let mostOthers = 64

    /// The usual events that all of these nodes have.
    ///
    /// - Parameter patterns: of other events to count too. When those are too many they are left out, and `remark`
    ///   says so.
    static func usual(
        on selectors: [String], and patterns: [String] = [], _ client: ControllerClient
    ) async throws -> TopEvents {
        let fleet = try await events(on: selectors, client)
        let everywhere = Set(fleet.events.filter { $0.nodes == fleet.nodes }.map(\.name.description))
        var chosen = TopEvents()
        chosen.events = usual.filter(everywhere.contains)
        // Probes of a session match nothing here: they are not in the nodes' lists of events.
        let others = Set(patterns.flatMap { (try? fleet.matching($0)) ?? [] }.map(\.name.description))
            .subtracting(chosen.events).sorted()
        if others.count <= mostOthers {
            chosen.events += others
        } else {
            chosen.remark = "the \(others.count) events of sessions are too many to be counted one by one"
        }
        guard !chosen.events.isEmpty else {
            throw CommandError("the nodes have none of the usual events in common: say which with -e")
        }
        return chosen
    }

    /// - Parameter wanted: as -e has them; at least one.
    static func choose(_ wanted: [String], on selectors: [String], _ client: ControllerClient) async throws -> TopEvents
    {
        let fleet = try await events(on: selectors, client)
        var chosen = TopEvents()
        for pattern in wanted {
            do throws(UnknownEvent) {
                _ = try fleet.matching(pattern)
                chosen.events.append(pattern)
            } catch {
                // A name that is no event may be a counter; each node replies whether it has it.
                guard !pattern.contains(":"), !pattern.contains("*") else { throw error }
                chosen.counters.append(pattern)
            }
        }
        return chosen
    }

    private static func events(on selectors: [String], _ client: ControllerClient) async throws -> FleetEvents {
        var names = WireListNames()
        names.events = WireEventCatalog()
        return try FleetEvents(try await client.list(names, on: selectors))
    }

    func request(on selectors: [String], interval: Duration) -> WireOpenSession {
        var request = WireOpenSession()
        request.selectors = selectors
        request.events = events
        request.partial = true
        request.count.counters = counters
        request.count.intervalMs = UInt32(clamping: Int64(interval / .milliseconds(1)))
        return request
    }
}
