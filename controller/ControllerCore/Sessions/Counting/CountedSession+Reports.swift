import TraceProtocol

/// When the operator gets a report, and that a slow one gets fewer.
extension CountedSession: OperatorStream {
    /// How long news of one node waits for news of others.
    private static let longestHold = Duration.milliseconds(20)
    /// The same where the nodes' tables are added up here: each report adds up all of them.
    private static let longestMergeHold = Duration.milliseconds(500)

    /// Sends a report soon: together with what other nodes send in the same moment.
    func scheduleReport() {
        guard flow.isAnnounced else { return }
        if ledger.isAligned, flow.phase == .recording { return sendReport() }
        guard !isReportScheduled else { return }
        isReportScheduled = true
        environment.after(patience) { [self] in
            isReportScheduled = false
            sendReport()
        }
    }

    private var patience: Duration {
        if ledger.isMerged { return Self.longestMergeHold }
        let interval = ledger.request.intervalMs
        return interval == 0 ? Self.longestHold : min(Self.longestHold, .microseconds(Int64(interval) * 250))
    }

    /// Sends what is new if the operator's connection accepts it. Otherwise `pump` sends it later.
    func sendReport() {
        guard ledger.hasNews, let owner, owner.isWritable else { return }
        sendReports(to: owner)
    }

    func sendReports(to owner: any SessionOperator) {
        for report in ledger.reports(session: id) {
            guard let frame = try? Frame(.countReport, report), frame.body.readableBytes <= frame.type.maximumBody
            else {
                problem = "the counts are more than a frame can hold"
                continue
            }
            owner.send(frame)
        }
    }

    func pump() {
        sendReport()
    }

    /// The controller decides what becomes of the session.
    func operatorLeft() {}
}
