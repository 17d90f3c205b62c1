import Glibc
import TextPatterns
import TraceProtocol
import Tracefs

/// The events, filters and triggers of a `Prepare`, resolved against this node's kernel and the session's probes.
struct EventSelection {
    /// In the kernel's names, probes included, sorted.
    let events: [EventName]
    /// One for each event that has any.
    let filters: [(event: EventName, filter: String)]
    /// The same by event.
    var filterTexts: [EventName: String] {
        Dictionary(filters.map { ($0.event, $0.filter) }, uniquingKeysWith: { $1 })
    }
    /// What takes effect at once.
    let triggers: [(event: EventName, trigger: String)]
    /// What would switch recording on before the session's start: it is set behind that.
    let lateTriggers: [(event: EventName, trigger: String)]
    /// What narrows every event to tasks of certain names; nil if nothing does.
    let taskFilter: String?
    /// What the node's policy has left out, a line for each pattern.
    let notes: [String]

    /// - Throws: `WireRefusal` that names every pattern which selects nothing, with near matches.
    init(_ order: WirePrepare, probes: [Probe], root: TracefsRoot, policy: Policy) throws(WireRefusal) {
        // Probes and tables of other sessions are not this one's business: enabled here, they could not be removed there.
        let known: [EventName]
        do throws(TracefsError) {
            known = try root.events().filter { ProbeGroup(of: $0) == nil }
        } catch {
            throw WireRefusal(error)
        }
        var unknown: [UnknownEvent] = []
        var chosen = AllowedEvents(policy)
        for pattern in order.events {
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
        taskFilter = try TaskFilter.text(order.comms)
        var filters: [EventName: String] = [:]
        for setting in order.filters {
            for event in try members.select(setting.event) {
                filters[event] = filters[event].map { "(\($0)) && (\(setting.text))" } ?? setting.text
            }
        }
        self.filters = filters.sorted { $0.key < $1.key }.map { (event: $0.key, filter: $0.value) }
        (triggers, lateTriggers) = try Self.triggers(order, members, filters, taskFilter)
    }

    private static func triggers(
        _ order: WirePrepare, _ members: SessionEvents, _ filters: [EventName: String], _ taskFilter: String?
    ) throws(WireRefusal) -> (
        now: [(event: EventName, trigger: String)], late: [(event: EventName, trigger: String)]
    ) {
        var now: [(event: EventName, trigger: String)] = []
        var late: [(event: EventName, trigger: String)] = []
        for setting in order.triggers {
            let trigger = try SessionTrigger(setting.text, members)
            for event in try members.select(setting.event) {
                if trigger.switchesOn {
                    late.append((event, trigger.text))
                } else {
                    now.append((event, trigger.text))
                }
            }
        }
        for pattern in order.stacks {
            for event in try members.select(pattern) {
                let condition = [filters[event], taskFilter].compactMap { $0 }.map { "(\($0))" }.joined(
                    separator: " && ")
                now.append((event, SessionTrigger.stack(if: condition)))
            }
        }
        return (now, late)
    }
}

/// What filters and triggers of a session can name.
struct SessionEvents {
    let tracepoints: [EventName]
    let probes: [Probe]
    var policy = Policy.none
    /// Those that the policy has left out.
    var refused: [EventName] = []

    var all: [EventName] { (tracepoints + probes.flatMap(\.events)).sorted() }

    /// The events that a pattern means: a probe by any of its names, a tracepoint as `-e` has it.
    func select(_ pattern: String) throws(WireRefusal) -> [EventName] {
        let named = probes.filter { $0.answers(to: pattern) }.flatMap(\.events)
        do throws(UnknownEvent) {
            return named + (try EventPattern.resolve(pattern, among: tracepoints))
        } catch {
            guard named.isEmpty else { return named }
            if let event = (try? EventPattern.resolve(pattern, among: refused))?.first,
                let refusal = policy.refusal(of: event)
            {
                throw refusal
            }
            let suggestions =
                error.suggestions.isEmpty
                ? NearMatch.suggestions(
                    for: pattern,
                    among: Set(probes.flatMap { $0.events.map($0.shown).map(\.description) + $0.spec.aliases })
                )
                : error.suggestions
            throw WireRefusal(
                .badFilter,
                "\(UnknownEvent(pattern: pattern, suggestions: suggestions)); a filter, trigger or stack has to name one of the session's events",
                nearMatches: suggestions)
        }
    }
}

extension WireRefusal {
    /// The refusal that an error of the kernel or of the file system means.
    init(_ error: any Error) {
        guard let error = error as? TracefsError else {
            self.init(.io, "\(error)")
            return
        }
        switch error {
        case .notPermitted, .lockedDown: self.init(.noPermission, error.description)
        case .noTracefs: self.init(.noTracefs, error.description)
        case .missingFile: self.init(.unsupported, error.description)
        case .failed(_, _, let errno) where errno == ENOMEM: self.init(.noMemory, error.description)
        case .unknownEvent(let unknown): self.init(.unknownEvent, unknown.description, nearMatches: unknown.suggestions)
        case .rejected(let rejection):
            self.init(rejection.kind == .trigger ? .badTrigger : .badFilter, described: rejection.description)
        default: self.init(.io, error.description)
        }
    }
}
