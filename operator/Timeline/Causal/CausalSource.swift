/// Where matched messages come from.
public enum CausalSource: Sendable, Hashable {
    /// Two events of the application, or any two.
    case events(CausalRule)
    /// TCP segments, as the probes of `record --causal tcp` saw them.
    case tcp
    /// What the nodes sent to the controller with a time of theirs.
    case session

    /// - Throws: what is wrong with the text, for people.
    public init(parsing text: String) throws(ReportError) {
        switch text {
        case "tcp": self = .tcp
        case "session": self = .session
        default: self = .events(try CausalRule(parsing: text))
        }
    }
}

/// The messages by which a report tightens its clocks.
public struct CausalOptions: Sendable {
    public var sources: [CausalSource]
    /// Files of matched readings.
    public var pairs: [String]

    public init(sources: [CausalSource] = [], pairs: [String] = []) {
        self.sources = sources
        self.pairs = pairs
    }

    var isEmpty: Bool { sources.isEmpty && pairs.isEmpty }
    /// Whether the events have to be read for them.
    var readsEvents: Bool { sources.contains { $0 != .session } }
}
