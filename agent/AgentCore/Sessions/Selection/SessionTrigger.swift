import TextPatterns
import TraceProtocol
import Tracefs

/// An operator's trigger, as a session's instance needs it.
struct SessionTrigger {
    /// As it is written to the kernel.
    let text: String
    /// It is set when the session has begun: it would switch recording on before, or its count would be used up.
    let isLate: Bool

    /// - Throws: for triggers that a session cannot have. The kernel judges the others.
    init(_ written: String, _ members: SessionEvents) throws(WireRefusal) {
        // As the kernel cuts it: strim() and strsep(": \t") in kernel/trace/trace_events_trigger.c.
        let text = String(written.drop(while: \.isWhitespace))
        let name = text.prefix { $0 != ":" && $0 != " " && $0 != "\t" }
        let own = Set(members.probes.flatMap { probe in probe.events.map(probe.shown) })
        for event in Self.otherEvents(text, name) where !own.contains(event) {
            if let refusal = members.policy.refusal(of: event) { throw refusal }
        }
        if name == "snapshot" || name == "hist" && text.contains(").snapshot") {
            // It swaps the buffer for a second one (tracing_snapshot_instance in kernel/trace/trace.c). What the reader
            // had not read yet would be in the second buffer, which is not read and not counted.
            throw WireRefusal(
                .badTrigger,
                "a snapshot trigger would take the buffer from under the reader, and events would be missing without being counted; everything up to that moment is in the session anyway, and traceoff ends it there"
            )
        }
        switch name {
        case "enable_event", "disable_event", "enable_hist", "disable_hist":
            self.text = Self.translated(text, name: name, members)
        default: self.text = text
        }
        isLate = name == "traceon" || Self.isCounted(self.text, name)
    }

    /// Whether it fires a number of times: `stacktrace:3`, `enable_event:SYSTEM:EVENT:1 if CONDITION`.
    private static func isCounted(_ text: String, _ name: Substring) -> Bool {
        let command = text.prefix { $0 != " " && $0 != "\t" }
        let parts = command.split(separator: ":", omittingEmptySubsequences: false)
        switch name {
        case "traceoff", "stacktrace": return parts.count > 1
        case "enable_event", "disable_event": return parts.count > 3
        default: return false
        }
    }

    /// The events that a trigger uses besides its own.
    private static func otherEvents(_ text: String, _ name: Substring) -> [EventName] {
        switch name {
        case "enable_event", "disable_event", "enable_hist", "disable_hist":
            let parts = text.split { $0 == ":" || $0 == " " || $0 == "\t" }
            guard parts.count >= 3 else { return [] }
            return [EventName(system: String(parts[1]), name: String(parts[2]))].compactMap { $0 }
        case "hist":
            // onmatch(SYSTEM.EVENT): the kernel keeps that event's fields, too.
            return text.split(separator: "onmatch(", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
                let parts = rest.prefix { $0 != ")" }.split(separator: ".", maxSplits: 1)
                return parts.count == 2 ? EventName(system: String(parts[0]), name: String(parts[1])) : nil
            }
        default: return []
        }
    }

    /// A stack after each event that is recorded. With a condition the kernel runs the trigger after the event and only
    /// for tasks that are recorded (`trace_trigger_soft_disabled`, `event_triggers_post_call`); without one, before
    /// each, recorded or not.
    static func stack(if condition: String) -> String {
        "stacktrace if " + (condition.isEmpty ? "common_pid >= 0" : condition)
    }

    /// `enable_event:SYSTEM:EVENT[:COUNT]` names an event: a probe of the session is called otherwise in the kernel.
    private static func translated(_ text: String, name: Substring, _ members: SessionEvents) -> String {
        var parts = text.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 3 else { return text }
        // The event's name ends at a blank where no count follows.
        let target = parts[2].prefix { $0 != " " }
        let all = members.probes.flatMap { probe in probe.events.map { (event: $0, shown: probe.shown($0)) } }
        guard let probe = all.first(where: { $0.shown.system == parts[1] && $0.shown.name == target }) else {
            return text
        }
        parts[1] = probe.event.system
        return parts.joined(separator: ":")
    }
}
