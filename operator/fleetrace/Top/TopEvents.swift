import FleetView
import OperatorClient
import TextPatterns
import TraceProtocol

/// What `top` counts.
struct TopEvents {
    private(set) var events: [String] = []
    /// perf's own, which have no system.
    private(set) var counters: [String] = []
    /// What was left out, for people.
    private(set) var remark = ""

    /// What says most about what a node does, as far as its kernel has it.
    private static let usual = [
        "raw_syscalls:sys_enter", "sched:sched_switch", "sched:sched_wakeup", "sched:sched_process_exec",
        "irq:irq_handler_entry", "irq:softirq_entry", "timer:hrtimer_expire_entry", "block:block_rq_issue",
        "net:net_dev_queue", "net:netif_receive_skb", "exceptions:page_fault_user", "kmem:mm_page_alloc",
    ]

    /// Events of which this is more are too many to be counted besides the usual ones.
    private static let mostOthers = 64

    /// The usual events that all of these nodes have.
    ///
    /// - Parameter patterns: of others to count too, if they are not too many; `remark` says so.
    static func usual(
        on selectors: [String], and patterns: [String] = [], _ client: ControllerClient
    ) async throws -> TopEvents {
        let fleet = try await events(on: selectors, client)
        let everywhere = Set(fleet.events.filter { $0.nodes == fleet.nodes }.map(\.name.description))
        var chosen = TopEvents()
        chosen.events = usual.filter(everywhere.contains)
        // What a session records under a probe's name is no event of the catalog.
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
                // What is no tracepoint may be a counter: nodes say which they have.
                guard !pattern.contains(":"), !pattern.contains("*") else { throw error }
                chosen.counters.append(pattern)
            }
        }
        return chosen
    }

    private static func events(on selectors: [String], _ client: ControllerClient) async throws -> FleetEvents {
        var order = WireListOnNodes()
        order.selectors = selectors
        order.what.events = WireEventCatalog()
        guard case .listReport(let report) = try await client.request(.listOnNodes(order)) else {
            throw ClientError.unknownAnswer
        }
        return try FleetEvents(report)
    }

    func order(on selectors: [String], milliseconds: UInt32) -> WireOpenSession {
        var order = WireOpenSession()
        order.selectors = selectors
        order.events = events
        order.partial = true
        order.count.counters = counters
        order.count.intervalMs = milliseconds
        return order
    }
}
