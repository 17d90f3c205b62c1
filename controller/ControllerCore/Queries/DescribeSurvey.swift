import TraceProtocol

/// What one node says of itself. No I/O, no time.
struct DescribeSurvey: NodeSurvey {
    private let node: String
    private var reply: Result<WireNodeDescription, WireRefusal>?

    init(node: String, isConnected: Bool) {
        self.node = node
        if !isConnected { reply = .failure(WireRefusal(.nodeLost, "node \(node) is not connected")) }
    }

    var isDone: Bool { reply != nil }

    /// The description, or why there is none.
    var outcome: Result<WireNodeDescription, WireRefusal> {
        reply ?? .failure(WireRefusal(.timeout, "node \(node) is still busy"))
    }

    mutating func begin() -> [NodeRequest] {
        isDone ? [] : [NodeRequest(node: node)]
    }

    mutating func replied(_ node: String, _ outcome: Result<WireNodeDescription, WireRefusal>) -> [NodeRequest] {
        if !isDone {
            reply = outcome.mapError { refusal in
                refusal.code == .timeout ? WireRefusal(.timeout, "node \(node): \(refusal.text)") : refusal
            }
        }
        return []
    }

    mutating func deadline() {
        reply = outcome
    }
}
