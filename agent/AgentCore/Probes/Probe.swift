import Probes
import TextPatterns

/// A probe of a session in this node's kernel.
struct Probe: Sendable, Hashable {
    let spec: ProbeSpec
    /// As the kernel has them, in the session's group. Most probes have one event; a marker whose locations differ in
    /// the types of their arguments has one for each kind.
    let events: [EventName]
    let notes: [String]

    /// The name under which an event of it is shown: in the group that the operator gave, or `probe`.
    func shown(_ event: EventName) -> EventName { EventName(system: spec.group ?? "probe", name: event.name) ?? event }

    /// Where it is in the kernel, if it was given by address.
    var address: UInt64? {
        if case .address(let address) = spec.location { address } else { nil }
    }

    /// Whether a filter or trigger means it by this name or pattern.
    func answers(to pattern: String) -> Bool {
        spec.answers(to: pattern) || events.contains { shown($0).description == pattern }
    }
}
