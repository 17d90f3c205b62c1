import TextPatterns
import TraceProtocol

/// Everything about one node.
extension Controller {
    private static let describeTimeout = Duration.seconds(10)
    /// Lines of the log that are shown at most.
    private static let logLines = 100

    /// What one node says of itself, and what is known of it here. A node that does not reply is no reason to keep the
    /// latter back.
    func describe(_ message: WireDescribeNode, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        guard nodes[message.node] != nil else {
            let near = NearMatch.suggestions(for: message.node, among: nodes.keys)
            throw WireRefusal(
                .unspecified,
                "the controller knows no node \"\(message.node)\""
                    + (near.isEmpty ? "" : " (did you mean \(near.joined(separator: ", "))?)"))
        }
        let query = NodeQuery(
            DescribeSurvey(node: message.node, isConnected: nodes[message.node]?.link != nil),
            for: link.name, askedBy: link.description,
            command: { _ in .describe(.with { $0.state = true }) },
            read: { reply, _ in reply.result { if case .described(let it) = $0 { it } else { nil } } },
            finish: { [self] survey in
                let report = assumeIsolated { $0.report(on: message.node, survey.outcome, for: link.viewer) }
                link.respond(to: request, .nodeReport(report))
            })
        run(query, timeout: Self.describeTimeout)
    }

    private func report(
        on name: String, _ outcome: Result<WireNodeDescription, WireRefusal>, for viewer: PrivateSessions.Viewer
    ) -> WireNodeReport {
        var report = nodes[name].map { known(of: $0) } ?? WireNodeReport()
        switch outcome {
        case .success(let description): report.nodeDescription = description
        case .failure(let refusal): report.refusal = refusal
        }
        report.hide(privateSessions.hidden(from: viewer))
        return report
    }

    private func known(of node: Node) -> WireNodeReport {
        var report = WireNodeReport()
        report.node = node.name
        report.clock = node.clockHistory.message
        report.received = sessions.values.sorted { $0.id < $1.id }.compactMap { session in
            guard let index = session.index(of: node), session.flow.isLive(index) else { return nil }
            return session.receipt(of: index)
        }
        report.log = recent.lines.filter { $0.mentions(node.name) }.suffix(Self.logLines).map { line in
            .with {
                $0.at = line.at.nanoseconds
                $0.level = line.level.rawValue
                $0.text = line.text
            }
        }
        return report
    }
}
