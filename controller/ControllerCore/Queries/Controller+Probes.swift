import NIOCore
import TraceProtocol

/// Questions about probes: would they work.
extension Controller {
    private static let checkTimeout = TimeAmount.seconds(30)
    /// Bytes of different answers in one response, below the limit of its frame.
    private static let reportLimit = 16 << 20
    /// As many as a session takes on a node (agent/Core/Probes/ProbeSet.swift).
    private static let mostProbes = 128

    /// One operator's question while nodes answer it. Confined to the controller's loop, as `LiveSession` is.
    private final class Checking: @unchecked Sendable {
        var survey: ProbeSurvey
        private let request: UInt64
        private let link: OperatorLink
        private var isAnswered = false

        init(_ survey: ProbeSurvey, request: UInt64, link: OperatorLink) {
            self.survey = survey
            self.request = request
            self.link = link
        }

        func respondWhenDone() {
            guard survey.isDone, !isAnswered else { return }
            isAnswered = true
            link.respond(to: request, .probeReport(survey.report()))
        }
    }

    /// Plants probes for a moment on every chosen node.
    func checkProbes(_ order: WireCheckProbesOnNodes, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        let chosen = try chosenNodes(order.selectors)
        try Self.refuseTooMany(order.probes)
        guard !order.probes.isEmpty else { throw WireRefusal(.unspecified, "no probe was asked for") }
        log.notice(
            "check probes",
            metadata: ["operator": "\(link.name)", "nodes": "\(chosen.map(\.name))", "probes": "\(order.probes)"])
        let checking = Checking(
            ProbeSurvey(nodes: chosen.map(\.name), probes: order.probes.count, limit: Self.reportLimit),
            request: request, link: link)
        var check = WireCheckProbes()
        check.probes = order.probes
        check.operator = link.name
        for node in chosen {
            guard let nodeLink = node.link else { continue }
            command(.checkProbes(check), session: 0, on: nodeLink) { answer in
                checking.survey.answered(
                    node.name, answer.result { if case .probesChecked(let it) = $0 { it } else { nil } })
                checking.respondWhenDone()
            }
        }
        loop.assumeIsolated().scheduleTask(in: Self.checkTimeout) {
            checking.survey.deadline()
            checking.respondWhenDone()
        }
    }

    static func refuseTooMany(_ probes: [String]) throws(WireRefusal) {
        guard probes.count > mostProbes else { return }
        throw WireRefusal(.unspecified, "\(probes.count) probes: a session takes \(mostProbes) at most")
    }
}
