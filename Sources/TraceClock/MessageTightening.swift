/// The clocks of a session's nodes, tightened by the messages between them.
///
/// Messages that contradict the clocks or each other are left out and listed. After that every bound holds if the
/// messages were matched rightly, and the estimates of send and receive are in order.
public struct MessageTightening: Sendable {
    /// By node; nil for one without clock probes.
    public private(set) var clocks: [RefinedClock?]
    /// Messages that were left out, and why.
    public private(set) var contradictions: [MessageContradiction] = []
    /// Messages with an end whose time has no bound, or none that holds: they tighten nothing.
    public private(set) var unbounded = 0
    /// Messages were left out because a node's contradict each other so often that none can be told to be right.
    public private(set) var surrendered = 0
    /// Nodes whose own readings contradict their probes, and by how much, ns. These readings tighten nothing.
    public private(set) var refusedReadings: [Int: Int64] = [:]
    /// Rounds until nothing changed.
    public private(set) var rounds = 0
    /// The messages that tighten the clocks.
    public private(set) var messages: [MatchedMessage]
    private let original: [RefinedClock?]

    /// Every round is true, so these are limits on time. A round costs about 2 us for each message.
    private static let mostRounds = 40
    /// Times that the work starts anew without what was found to contradict.
    private static let mostAttempts = 24
    /// What rounding to whole ns leaves, ns.
    private static let slack: Int64 = 2

    /// - Parameters:
    ///   - clocks: of all nodes, by index.
    ///   - readings: by node, what follows from other messages for it alone.
    public init(
        _ clocks: [RefinedClock?], _ messages: [MatchedMessage], readings: [Int: [MessageConstraint]] = [:]
    ) {
        original = clocks
        self.clocks = clocks
        self.messages = []
        for message in messages { screen(message) }
        guard !self.messages.isEmpty || !readings.isEmpty else { return }
        var attempts = 0
        while !run(readings) {
            self.clocks = original
            attempts += 1
            if attempts == Self.mostAttempts {
                surrendered = self.messages.count
                self.messages = []
            }
        }
        settleOrder()
    }

    /// Sorts out what contradicts the probes alone.
    private mutating func screen(_ message: MatchedMessage) {
        let (sent, received) = ends(of: message)
        guard sent.bound.isBounded, received.bound.isBounded else { return unbounded += 1 }
        guard sent.lower > received.upper else { return messages.append(message) }
        // An assumption is known to be broken there already.
        guard sent.quality == .bounded, received.quality == .bounded else { return unbounded += 1 }
        contradictions.append(
            MessageContradiction(message: message, basis: .probes, excess: sent.lower &- received.upper))
    }

    private func ends(of message: MatchedMessage) -> (sent: MappedTime, received: MappedTime) {
        (
            clock(message.sender)?.map(message.sent) ?? .unknown(agentTime: message.sent),
            clock(message.receiver)?.map(message.received) ?? .unknown(agentTime: message.received)
        )
    }

    private func clock(_ node: Int) -> RefinedClock? { clocks.indices.contains(node) ? clocks[node] : nil }

    /// Tightens until nothing changes.
    ///
    /// - Returns: false when messages were found to contradict each other: these are gone, and the rest begins anew,
    ///   because the wrong ones may have narrowed bounds already.
    private mutating func run(_ readings: [Int: [MessageConstraint]]) -> Bool {
        for (node, own) in readings where clocks.indices.contains(node) && !own.isEmpty {
            guard let result = clocks[node]?.tighten(own) else { continue }
            if let worst = result.refused.map(\.excess).max() { refusedReadings[node] = worst }
        }
        var byNode: [Int: [Int]] = [:]
        for (index, message) in messages.enumerated() {
            byNode[message.sender, default: []].append(index)
            byNode[message.receiver, default: []].append(index)
        }
        let nodes = byNode.keys.sorted()
        rounds = 0
        var hasChanged = true
        while hasChanged, rounds < Self.mostRounds {
            hasChanged = false
            rounds += 1
            for node in nodes {
                switch tighten(node, by: byNode[node] ?? []) {
                case .unchanged: break
                case .tightened: hasChanged = true
                case .contradicted: return false
                }
            }
        }
        // Each end's own bound: the estimate then keeps to its middle there.
        for node in nodes {
            guard let clock = clock(node) else { continue }
            let own = (byNode[node] ?? []).map { index in
                let time = messages[index].sender == node ? messages[index].sent : messages[index].received
                return MessageConstraint(agentTime: time, bound: clock.map(time).bound)
            }
            _ = clocks[node]?.tighten(own)
        }
        return true
    }

    private enum Step { case unchanged, tightened, contradicted }

    private mutating func tighten(_ node: Int, by indices: [Int]) -> Step {
        var constraints: [MessageConstraint] = []
        for index in indices {
            let message = messages[index]
            let (sent, received) = ends(of: message)
            // What contradicts other messages is tried all the same: the epoch shows with which. A certain bound never
            // rests on one that is not.
            if message.sender == node, sent.upper &- received.upper > Self.slack, received.quality >= sent.quality {
                constraints.append(.sent(at: message.sent, by: received))
            }
            if message.receiver == node, sent.lower &- received.lower > Self.slack, sent.quality >= received.quality {
                constraints.append(.received(at: message.received, after: sent))
            }
        }
        guard !constraints.isEmpty, let result = clocks[node]?.tighten(constraints) else { return .unchanged }
        guard !result.refused.isEmpty else { return result.used > 0 ? .tightened : .unchanged }
        for refusal in result.refused { drop(refusal, of: node, indices) }
        return .contradicted
    }

    /// Leaves out the messages that a refusal rests on; where none is known, all of the node's in that epoch.
    private mutating func drop(_ refusal: RefinedClock.Refusal, of node: Int, _ indices: [Int]) {
        var guilty = indices.filter { index in
            let message = messages[index]
            return (message.sender == node && message.sent == refusal.upper)
                || (message.receiver == node && message.received == refusal.lower)
        }
        if guilty.isEmpty {
            guilty = indices.filter { index in
                let message = messages[index]
                return message.sender == node && refusal.epoch.contains(message.sent)
                    || message.receiver == node && refusal.epoch.contains(message.received)
            }
        }
        contradictions += guilty.map {
            MessageContradiction(message: messages[$0], basis: .messages, excess: refusal.excess)
        }
        let gone = Set(guilty)
        messages = messages.enumerated().filter { !gone.contains($0.offset) }.map(\.element)
    }

    /// Puts the estimates of send and receive in order where rounding, or the seam between two epochs, left them equal
    /// or the wrong way round. The bounds are in order, so there is always room.
    private mutating func settleOrder() {
        for _ in 0..<Self.mostRounds {
            var floors: [Int: [(agentTime: Int64, estimate: Int64)]] = [:]
            for message in messages {
                let (sent, received) = ends(of: message)
                if received.estimate <= sent.estimate {
                    floors[message.receiver, default: []].append((message.received, sent.estimate &+ 1))
                }
            }
            guard !floors.isEmpty else { return }
            for (node, own) in floors { clocks[node]?.raise(own) }
        }
    }
}
