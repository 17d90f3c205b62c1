import TraceProtocol

/// Whether probes would work on nodes.
extension Controller {
    private static let checkTimeout = Duration.seconds(30)
    /// Bytes of different results in one reply, below the limit of its frame.
    private static let checkReportLimit = 16 << 20

    /// Plants probes for a moment on every chosen node.
    func checkProbes(_ message: WireCheckProbesOnNodes, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let chosen = try chosenNodes(message.selectors).map(\.name)
        if let problem = ProbeLimits.problem(message.probes.count) { throw WireRefusal(.unspecified, problem) }
        guard !message.probes.isEmpty else { throw WireRefusal(.unspecified, "no probe was asked for") }
        var check = WireCheckProbes()
        check.probes = message.probes
        check.operator = link.name
        let query = NodeQuery(
            ProbeSurvey(nodes: chosen, probes: message.probes.count, limit: Self.checkReportLimit),
            for: link.name, askedBy: link.description,
            command: { [check] _ in .checkProbes(check) },
            read: { reply, _ in reply.result { if case .probesChecked(let it) = $0 { it } else { nil } } },
            finish: { survey in link.respond(to: request, .probeReport(survey.report())) })
        run(query, timeout: Self.checkTimeout)
    }
}
