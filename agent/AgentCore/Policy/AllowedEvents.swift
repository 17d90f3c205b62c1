import TextPatterns
import TraceProtocol
import Tracefs

/// The events that a session may have, among those that its patterns mean.
///
/// A pattern means what the node offers: refused events are left out with a note, just as events that this kernel does
/// not have are missing. Where nothing remains, the pattern is refused.
struct AllowedEvents {
    private(set) var events: Set<EventName> = []
    private(set) var refused: Set<EventName> = []
    /// A line for each pattern of which something is left out.
    private(set) var notes: [String] = []
    private let policy: Policy

    /// Reasons that a line names.
    private static let mostReasons = 3

    init(_ policy: Policy) {
        self.policy = policy
    }

    /// - Parameter meant: the events of a pattern, at least one.
    mutating func add(_ meant: [EventName], of pattern: String) throws(WireRefusal) {
        guard !policy.events.isEmpty else { return events.formUnion(meant) }
        var allowed: [EventName] = []
        var reasons: [String] = []
        for event in meant {
            guard let reason = policy.reason(against: event) else {
                allowed.append(event)
                continue
            }
            refused.insert(event)
            if !reasons.contains(reason) { reasons.append(reason) }
        }
        guard !allowed.isEmpty else {
            throw WireRefusal(.policy, "\"\(pattern)\": refused by policy: \(Self.text(reasons))")
        }
        events.formUnion(allowed)
        guard !reasons.isEmpty else { return }
        let count = meant.count - allowed.count
        notes.append(
            "\(count) of the \(meant.count) events of \"\(pattern)\" left out, refused by policy: \(Self.text(reasons))"
        )
    }

    /// A raw tracepoint is a use of every event of its name, whatever the system; one without an event is judged by its
    /// own name alone. Rules that deny `rawtp:NAME` hold in any case.
    mutating func add(raw event: EventName, among known: [EventName]) throws(WireRefusal) {
        let used = known.filter { $0.name == event.name }
        for name in used.isEmpty ? [event] : used {
            if let refusal = policy.refusal(of: name) { throw refusal }
        }
        if let refusal = policy.denial(of: event) { throw refusal }
        events.insert(event)
    }

    private static func text(_ reasons: [String]) -> String {
        reasons.prefix(mostReasons).joined(separator: "; ") + (reasons.count > mostReasons ? "; ..." : "")
    }
}
