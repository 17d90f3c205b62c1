/// The argument of `-e`: it selects events from a list. Node and controller share this code, so that they agree.
///
/// As in trace-cmd and the kernel's own `set_event` file:
///
/// | text | events |
/// |---|---|
/// | `sched:sched_switch` | that one |
/// | `sched:*`, `sched:` | the system |
/// | `syscalls:sys_enter_open*` | shell patterns on either side |
/// | `sched` | every event of the system, and any event of that name |
/// | `sched_switch` | the events of that name, in any system |
/// | `all`, `*:*` | all events |
///
/// No pattern selects events of the system `ftrace`, because they cannot be enabled.
public struct EventPattern: Sendable, Hashable, CustomStringConvertible {
    private enum Meaning: Hashable, Sendable {
        case qualified(system: Glob, name: Glob)
        case bare(Glob)
        case everything
    }

    /// The pattern as it was written.
    public let text: String
    private let meaning: Meaning

    /// The longest pattern accepted, in bytes: two file names and the colon.
    public static let maximumLength = 2 * EventName.maximumPartLength + 1

    /// Reads a pattern. Returns nil if it is empty, longer than ``maximumLength``, has more than one colon, or holds
    /// characters that no event name can have.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard !bytes.isEmpty, bytes.count <= Self.maximumLength, text != ":" else { return nil }
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }) else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: meaning = text == "all" ? .everything : .bare(Glob(text))
        case 2:
            meaning = .qualified(
                system: Glob(parts[0].isEmpty ? "*" : parts[0]), name: Glob(parts[1].isEmpty ? "*" : parts[1]))
        default: return nil
        }
        self.text = text
    }

    /// The pattern as it was written.
    public var description: String { text }

    /// Whether the pattern selects the event.
    public func matches(_ event: EventName) -> Bool {
        guard event.isEnableable else { return false }
        return switch meaning {
        case .everything: true
        case .bare(let glob): glob.matches(event.name) || glob.matches(event.system)
        case .qualified(let system, let name): system.matches(event.system) && name.matches(event.name)
        }
    }

    /// The events of `events` that the pattern selects, in their order.
    ///
    /// - Throws: ``UnknownEvent`` with near matches if it selects none.
    public func select(from events: [EventName]) throws(UnknownEvent) -> [EventName] {
        let selected = events.filter(matches)
        guard selected.isEmpty else { return selected }
        throw UnknownEvent(pattern: text, suggestions: NearMatch.suggestions(for: text, among: events))
    }

    /// Resolves a pattern against a list of events; see ``EventPattern``.
    ///
    /// - Throws: ``UnknownEvent`` if the pattern is malformed or selects nothing.
    public static func resolve(_ text: String, among events: [EventName]) throws(UnknownEvent) -> [EventName] {
        guard let pattern = EventPattern(text) else { throw UnknownEvent(pattern: text, suggestions: []) }
        return try pattern.select(from: events)
    }
}

/// A pattern selects no event.
public struct UnknownEvent: Error, Sendable, Equatable, CustomStringConvertible {
    /// The pattern as it was written.
    public let pattern: String
    /// Names that may have been meant, nearest first; at most three.
    public let suggestions: [String]

    public init(pattern: String, suggestions: [String]) {
        self.pattern = pattern
        self.suggestions = suggestions
    }

    /// E.g. `no event "sched:sched_swich" (did you mean sched:sched_switch?)`.
    public var description: String {
        let shown = pattern.utf8.count > 80 ? String(pattern.prefix(80)) + "..." : pattern
        if suggestions.isEmpty {
            return EventPattern(pattern) == nil
                ? "\"\(shown)\" is not an event pattern (write SYSTEM:NAME, with * ? [] on either side)"
                : "no event \"\(shown)\""
        }
        return "no event \"\(shown)\" (did you mean \(suggestions.joined(separator: ", "))?)"
    }
}
