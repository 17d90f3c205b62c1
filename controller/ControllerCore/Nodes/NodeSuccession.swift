import SystemFacts

/// Decides whether a connection takes the place of an earlier one of the same node. No I/O.
///
/// Two machines may have one certificate: by a copy, or because a key was stolen. The one that is connected and answers
/// stays. But an agent whose link broke, or a node that was switched off, must come back at once, and the controller may
/// not have seen the end of its earlier connection yet.
struct NodeSuccession {
    /// The connection that the node has.
    struct Older: Sendable {
        /// What its agent calls itself.
        var incarnation: String
        var lastHeard: MonotonicRawInstant
    }

    enum Verdict: Hashable, Sendable {
        /// It is the node's connection from now on.
        case accept
        /// The earlier connection is asked whether it is alive, and has `patience` to answer.
        case ask
        /// The earlier connection is being asked already.
        case refuse
    }

    /// How long an earlier connection has to answer.
    static let patience = Duration.seconds(2)
    /// Every node gets a clock probe each second, so one that was not heard for so long has had its time to answer.
    static let silence = Duration.seconds(3)

    static func verdict(
        older: Older?, isAsked: Bool, incarnation: String, now: MonotonicRawInstant
    ) -> Verdict {
        guard let older else { return .accept }
        // The same process has noticed earlier than the controller that its connection is broken.
        if !incarnation.isEmpty, older.incarnation == incarnation { return .accept }
        if older.lastHeard.duration(to: now) > silence { return .accept }
        return isAsked ? .refuse : .ask
    }
}
