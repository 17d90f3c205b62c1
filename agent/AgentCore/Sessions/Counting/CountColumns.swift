import EventFormat
import TextPatterns
import TraceProtocol
import Tracefs

/// The events that a request by key counts, in the order of its columns.
enum CountColumns {
    static func of(
        _ request: WireCountRequest, _ instance: SessionInstance, _ root: TracefsRoot
    ) throws -> [(shown: EventName, format: EventFormat)] {
        try events(request, instance.selection, probes: instance.probes?.probes ?? []).map {
            (instance.shownName(of: $0), try root.format(of: $0))
        }
    }

    /// In the kernel's names: all, or with a latency its entry and its exit.
    static func events(
        _ request: WireCountRequest, _ selection: EventSelection, probes: [Probe]
    ) throws(WireRefusal) -> [EventName] {
        guard request.hasLatency else { return selection.events }
        let own = Set(probes.flatMap(\.events))
        let members = SessionEvents(tracepoints: selection.events.filter { !own.contains($0) }, probes: probes)
        let entry = try single(request.latency.entry, members)
        let exit = try single(request.latency.exit, members)
        guard entry != exit else {
            let shown = probes.first { $0.events.contains(entry) }?.shown(entry) ?? entry
            throw WireRefusal(.unsupported, "a latency needs two events: \(shown) is named twice")
        }
        return [entry, exit]
    }

    private static func single(_ pattern: String, _ members: SessionEvents) throws(WireRefusal) -> EventName {
        let events = try members.select(pattern)
        guard let event = events.first, events.count == 1 else {
            throw WireRefusal(
                .unsupported, "a latency begins and ends with one event each: \"\(pattern)\" means \(events.count)")
        }
        return event
    }
}

extension TracefsRoot {
    /// The layout of an event's records.
    func format(of event: EventName) throws -> EventFormat {
        try EventFormat(parsing: try formatText(event), system: event.system)
    }

    func has(_ event: EventName) -> Bool { (try? eventID(event)) != nil }
}
