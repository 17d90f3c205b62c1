import EventFormat
import TextPatterns
import TraceProtocol
import Tracefs

/// The events, filters and triggers of a `Prepare`, resolved against this node's kernel and the session's probes.
struct EventSelection {
    /// In the kernel's names, probes included, sorted.
    let events: [EventName]
    /// One for each event that has any, for the kernel.
    let filters: [(event: EventName, filter: String)]
    /// As the operator wrote them, where that differs.
    let writtenFilters: [EventName: String]
    /// The same by event.
    var filterTexts: [EventName: String] {
        Dictionary(filters.map { ($0.event, $0.filter) }, uniquingKeysWith: { $1 })
    }
    /// Triggers that are set before the start.
    let triggers: [(event: EventName, trigger: String)]
    /// Triggers that would switch recording on before the session's start, or use up their count: they are set after it.
    let lateTriggers: [(event: EventName, trigger: String)]
    /// A trigger may switch recording off or on.
    var switchesRecording: Bool {
        (triggers + lateTriggers).contains { $0.trigger.hasPrefix("traceoff") || $0.trigger.hasPrefix("traceon") }
    }
    /// A trigger may record the kernel's stack.
    var recordsStacks: Bool { (triggers + lateTriggers).contains { $0.trigger.hasPrefix("stacktrace") } }
    /// The filter that narrows every event to tasks of certain names; nil for all tasks.
    let taskFilter: String?
    /// What the node's policy has left out, one line for each pattern.
    let notes: [String]

    /// What is in the kernel already.
    init(
        events: [EventName], triggers: [(event: EventName, trigger: String)],
        lateTriggers: [(event: EventName, trigger: String)]
    ) {
        self.events = events
        self.triggers = triggers
        self.lateTriggers = lateTriggers
        filters = []
        writtenFilters = [:]
        taskFilter = nil
        notes = []
    }

    /// - Throws: a refusal that names every pattern which selects nothing, with near matches.
    init(_ request: WirePrepare, probes: [Probe], root: TracefsRoot, policy: Policy) throws(WireRefusal) {
        // Probes and tables of other sessions are left out: enabled here, they could not be removed there.
        let known: [EventName]
        do throws(TracefsError) {
            known = try root.events().filter { ProbeGroup(of: $0) == nil }
        } catch {
            throw WireRefusal(error)
        }
        var unknown: [UnknownEvent] = []
        var chosen = AllowedEvents(policy)
        for pattern in request.events {
            if let raw = try RawTracepoint.event(pattern) {
                guard request.hasCount else {
                    throw WireRefusal(
                        .unsupported,
                        "\(raw) is a raw tracepoint, which has no record: it can be counted (fleetrace stat), and its event be traced (-e \(raw.name))"
                    )
                }
                try chosen.add(raw: raw, among: known)
                continue
            }
            let meant: [EventName]
            do throws(UnknownEvent) {
                meant = try EventPattern.resolve(pattern, among: known)
            } catch {
                unknown.append(error)
                continue
            }
            try chosen.add(meant, of: pattern)
        }
        if !unknown.isEmpty {
            throw WireRefusal(
                .unknownEvent, unknown.map(\.description).joined(separator: "; "),
                nearMatches: unknown.flatMap(\.suggestions))
        }
        notes = chosen.notes
        let members = SessionEvents(
            tracepoints: chosen.events.sorted(), probes: probes, policy: policy, refused: chosen.refused.sorted())
        events = members.all
        taskFilter = try CommFilter.text(request.comms)
        var filters: [EventName: String] = [:]
        for setting in request.filters {
            for event in try members.select(setting.event) {
                filters[event] = filters[event].map { "(\($0)) && (\(setting.text))" } ?? setting.text
            }
        }
        writtenFilters = filters
        for (event, filter) in filters { filters[event] = try Self.forKernel(filter, of: event, root) }
        self.filters = filters.sorted { $0.key < $1.key }.map { (event: $0.key, filter: $0.value) }
        (triggers, lateTriggers) = try Self.triggers(request, members, filters, taskFilter)
    }

    /// - Throws: for a condition that can never hold.
    private static func forKernel(
        _ filter: String, of event: EventName, _ root: TracefsRoot
    ) throws(WireRefusal) -> String {
        guard let format = try? root.format(of: event) else { return filter }
        do throws(EventPredicateError) {
            return try KernelFilter(filter, for: format).text
        } catch {
            throw WireRefusal(.badFilter, described: "\(error)")
        }
    }

    private static func triggers(
        _ request: WirePrepare, _ members: SessionEvents, _ filters: [EventName: String], _ taskFilter: String?
    ) throws(WireRefusal) -> (
        now: [(event: EventName, trigger: String)], late: [(event: EventName, trigger: String)]
    ) {
        var now: [(event: EventName, trigger: String)] = []
        var late: [(event: EventName, trigger: String)] = []
        for setting in request.triggers {
            let trigger = try SessionTrigger(setting.text, members)
            for event in try members.select(setting.event) {
                if trigger.isLate {
                    late.append((event, trigger.text))
                } else {
                    now.append((event, trigger.text))
                }
            }
        }
        for pattern in request.stacks {
            for event in try members.select(pattern) {
                let condition = [filters[event], taskFilter].compactMap { $0 }.map { "(\($0))" }.joined(
                    separator: " && ")
                now.append((event, SessionTrigger.stack(if: condition)))
            }
        }
        return (now, late)
    }
}
