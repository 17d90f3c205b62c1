import TraceProtocol

/// Nodes refused, so the session was not started.
public struct SessionNotStarted: Error {
    public var replies: [WireNodeReply]

    public init(replies: [WireNodeReply]) {
        self.replies = replies
    }

    /// Whether every node refused.
    public var isEverywhere: Bool { replies.allSatisfy(\.isRefusal) }

    /// Why, for people.
    public var lines: [String] { RefusalText.lines(replies) }
}
