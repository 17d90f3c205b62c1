import Probes
import TextPatterns
import TraceProtocol

/// The event names that the probes of one session have.
struct ProbeNames {
    private let events: Set<EventName>
    private var taken: [String: String] = [:]

    init(_ events: [EventName]) {
        self.events = Set(events)
    }

    mutating func claim(_ name: String, for spec: ProbeSpec) throws(WireRefusal) {
        // In the kernel all of them are in one group, whatever group they are shown in.
        if let other = taken[name] {
            throw WireRefusal(
                .badProbe,
                "the name \(name) is taken by the probe \(other); name one of them: p:NAME ..., or NAME=\(spec.kind.rawValue):..."
            )
        }
        if let shown = EventName(system: spec.group ?? "probe", name: name), events.contains(shown) {
            throw WireRefusal(.badProbe, "this kernel has an event \(shown) already; choose another group or name")
        }
        taken[name] = spec.text
    }
}
