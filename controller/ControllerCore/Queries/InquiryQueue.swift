import TraceProtocol

/// What operators want one node to find out: lists, descriptions, checks of probes. Each costs the node processor time,
/// so it works on few at a time, operators take turns, and equal requests that wait are asked once. No I/O, no time.
struct InquiryQueue {
    struct Inquiry {
        let action: WireCommand.OneOf_Action
        let `operator`: String
        /// Whose request it is, for the agent's audit lines. Of equal requests the first.
        let askedBy: String
        /// Everybody who gets the reply.
        fileprivate(set) var replies: [(WireCommandReply) -> Void]
    }

    private let budget: Budget.Node
    /// In the order in which they came.
    private var waiting: [Inquiry] = []
    /// Those that were sent and have no reply yet.
    private var underWay: Set<UInt64> = []
    /// When, in calls, an operator last had a turn.
    private var served: [String: UInt64] = [:]
    private var turns: UInt64 = 0

    init(_ budget: Budget.Node) {
        self.budget = budget
    }

    /// Adds a request, or joins an equal one that was not sent yet.
    mutating func add(
        _ action: WireCommand.OneOf_Action, for name: String, askedBy: String = "",
        reply: @escaping (WireCommandReply) -> Void
    ) throws(WireRefusal) {
        if let equal = waiting.firstIndex(where: { $0.action == action }) {
            waiting[equal].replies.append(reply)
            return
        }
        guard waiting.count < budget.inquiriesWaitingInAll,
            waiting.count(where: { $0.operator == name }) < budget.inquiriesWaiting
        else {
            throw WireRefusal(
                .overBudget, "as many requests as one node may have wait for its reply already; try again")
        }
        waiting.append(Inquiry(action: action, operator: name, askedBy: askedBy, replies: [reply]))
    }

    /// The next one to send, if the node may have one more.
    mutating func next() -> (turn: UInt64, inquiry: Inquiry)? {
        guard underWay.count < budget.inquiriesUnderWay,
            let index = waiting.indices.min(by: { turn(of: waiting[$0]) < turn(of: waiting[$1]) })
        else { return nil }
        let inquiry = waiting.remove(at: index)
        turns += 1
        served[inquiry.operator] = turns
        underWay.insert(turns)
        return (turns, inquiry)
    }

    private func turn(of inquiry: Inquiry) -> UInt64 { served[inquiry.operator] ?? 0 }

    /// The node has replied, or its reply is not waited for any longer.
    mutating func finished(_ turn: UInt64) {
        underWay.remove(turn)
    }

    /// The connection is lost: nothing more is sent.
    ///
    /// - Returns: those that were not sent.
    mutating func removeAll() -> [Inquiry] {
        defer { waiting = [] }
        return waiting
    }
}
