import FleetView
import OperatorClient
import TraceProtocol
import Tracefs

/// What `top` counts.
struct TopEvents {
    private(set) var events: [String] = []
    /// perf's own, which have no system.
    private(set) var counters: [String] = []

    /// What says most about what a node does, as far as its kernel has it.
    private static let usual = [
        "raw_syscalls:sys_enter", "sched:sched_switch", "sched:sched_wakeup", "sched:sched_process_exec",
        "irq:irq_handler_entry", "irq:softirq_entry", "timer:hrtimer_expire_entry", "block:block_rq_issue",
        "net:net_dev_queue", "net:netif_receive_skb", "exceptions:page_fault_user", "kmem:mm_page_alloc",
    ]

    /// - Parameter wanted: as -e has them; without any, the usual ones that exist on all nodes.
    static func choose(_ wanted: [String], on selectors: [String], _ client: ControllerClient) async throws -> TopEvents
    {
        var order = WireListOnNodes()
        order.selectors = selectors
        order.what.events = WireEventCatalog()
        guard case .listReport(let report) = try await client.request(.listOnNodes(order)) else {
            throw ClientError.unknownAnswer
        }
        let fleet = try FleetEvents(report)
        var chosen = TopEvents()
        guard !wanted.isEmpty else {
            let everywhere = Set(fleet.events.filter { $0.nodes == fleet.nodes }.map(\.name.description))
            chosen.events = usual.filter(everywhere.contains)
            guard !chosen.events.isEmpty else {
                throw CommandError("the nodes have none of the usual events in common: say which with -e")
            }
            return chosen
        }
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

    func order(on selectors: [String], interval: Span) -> WireOpenSession {
        var order = WireOpenSession()
        order.selectors = selectors
        order.events = events
        order.partial = true
        order.count.counters = counters
        order.count.intervalMs = UInt32(clamping: interval.nanoseconds / 1_000_000)
        return order
    }
}
