import NIOCore
import TraceProtocol
import Tracefs

/// Questions about probes: would they work, and which are there.
extension Controller {
    private static let checkTimeout = TimeAmount.seconds(30)
    private static let describeTimeout = TimeAmount.seconds(10)
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
                checking.survey.answered(node.name, answer.checkResult)
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

    /// What one node says of itself.
    func describe(_ order: WireDescribeNode, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        guard let node = nodes[order.node] else {
            let near = NearMatch.suggestions(for: order.node, among: nodes.keys)
            throw WireRefusal(
                .unspecified,
                "the controller knows no node \"\(order.node)\""
                    + (near.isEmpty ? "" : " (did you mean \(near.joined(separator: ", "))?)"))
        }
        guard let nodeLink = node.link else {
            throw WireRefusal(.nodeLost, "node \(order.node) is not connected")
        }
        var describe = WireDescribe()
        describe.state = true
        let answered = OnceResponse(request: request, link: link)
        command(.describe(describe), session: 0, on: nodeLink) { answer in
            switch answer.outcome {
            case .description_p(let description):
                var report = WireNodeReport()
                report.node = order.node
                report.description_p = description
                answered.respond(.nodeReport(report))
            case .failure(let failure): answered.refuse(WireRefusal(failure))
            default: answered.refuse(WireRefusal(.unsupported, "the node's answer is of a kind that is not known here"))
            }
        }
        loop.assumeIsolated().scheduleTask(in: Self.describeTimeout) {
            answered.refuse(WireRefusal(.timeout, "node \(order.node) did not answer in time"))
        }
    }
}

/// A response that is given once, by whoever is first. Confined to the controller's loop.
private final class OnceResponse: @unchecked Sendable {
    private let request: UInt64
    private let link: OperatorLink
    private var isAnswered = false

    init(request: UInt64, link: OperatorLink) {
        self.request = request
        self.link = link
    }

    func respond(_ outcome: WireResponse.OneOf_Outcome) {
        guard !isAnswered else { return }
        isAnswered = true
        link.respond(to: request, outcome)
    }

    func refuse(_ refusal: WireRefusal) {
        guard !isAnswered else { return }
        isAnswered = true
        link.refuse(request, refusal)
    }
}

extension WireAnswer {
    fileprivate var checkResult: Result<WireProbesChecked, WireRefusal> {
        switch outcome {
        case .probesChecked(let checked): .success(checked)
        case .failure(let failure): .failure(WireRefusal(failure))
        default: .failure(WireRefusal(.unsupported, "the node's answer is of a kind that is not known here"))
        }
    }
}
