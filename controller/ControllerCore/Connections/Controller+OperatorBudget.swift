import TraceProtocol

/// What operators may have at a time.
extension Controller {
    /// Spends from the account of the link's operator.
    func charge(_ link: OperatorLink, _ spend: (inout OperatorAccount) throws(OverBudget) -> Void) throws(OverBudget) {
        try spend(&accounts[link.name, default: OperatorAccount(budget)])
    }

    func connections(of link: OperatorLink) -> Int {
        operators.values.count { $0.name == link.name }
    }

    /// Whether one more session may be opened.
    func checkSessions(_ link: OperatorLink, nodes: Int) throws(WireRefusal) {
        guard sessions.count < budget.session.inAll else {
            throw WireRefusal(
                .overBudget,
                "\(sessions.count) sessions are open or still read, more than one controller has at a time "
                    + "(fleetrace sessions shows them)")
        }
        let own = sessions.values.count { $0.description.operator == link.name }
        guard own < budget.operator.sessions else {
            throw WireRefusal(
                .overBudget,
                "operator \(link.name) has \(own) sessions that are open or still read, more than one may have at a time "
                    + "(fleetrace sessions shows them)")
        }
        guard nodes <= budget.session.nodes else {
            throw WireRefusal(
                .overBudget,
                "\(nodes) nodes are more than the \(budget.session.nodes) that one session can have (choose some with --on)"
            )
        }
    }

    /// Whether a link may read one more session, of so many nodes.
    func checkAttachments(_ link: OperatorLink, nodes: Int) throws(WireRefusal) {
        let own = operators.values.filter { $0.name == link.name }.reduce(0) { $0 + $1.streamCount }
        guard link.streamCount < budget.operator.attachments, own < budget.operator.attachmentsInAll else {
            throw WireRefusal(
                .overBudget, "operator \(link.name) reads \(own) sessions already, as many as one may at a time")
        }
        let running = sessions.values.compactMap { $0 as? any ReadableSession }
        let open = (running + Array(storedReadings.values)).reduce(0) {
            $0 + $1.attachments.count * $1.description.nodes.count
        }
        guard open + nodes <= budget.session.openLogs else {
            throw WireRefusal(.overBudget, "all operators together read as many logs as one controller can open")
        }
    }
}
