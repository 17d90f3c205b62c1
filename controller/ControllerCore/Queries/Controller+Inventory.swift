import NIOCore
import SecureTransport
import TraceProtocol

/// Questions about what nodes have.
extension Controller {
    private static let listTimeout = TimeAmount.seconds(15)
    /// Bytes of texts in one response, below the limit of its frame.
    private static let reportLimit = 24 << 20
    /// Bytes of one list unpacked.
    private static let listLimit = 16 << 20

    /// One operator's question while nodes answer it. Confined to the controller's loop, as `LiveSession` is.
    private final class Asking: @unchecked Sendable {
        var survey: ListSurvey
        let what: WireListNames
        let request: UInt64
        let link: OperatorLink
        var isAnswered = false

        init(survey: ListSurvey, what: WireListNames, request: UInt64, link: OperatorLink) {
            self.survey = survey
            self.what = what
            self.request = request
            self.link = link
        }
    }

    func list(_ order: WireListOnNodes, request: UInt64, for link: OperatorLink) throws(WireRefusal) {
        // It opens a file that the operator names, as root.
        if case .usdt = order.what.what { try require(.tracer, "look into files of nodes", link) }
        let members = try chosenNodes(order.selectors).map { node in
            ListSurvey.Member(node: node.name, likeness: Self.likeness(of: node, order.what))
        }
        var what = order.what
        what.known = []
        let asking = Asking(
            survey: ListSurvey(members) { lists.list($0) }, what: what, request: request, link: link)
        ask(asking.survey.begin(), asking)
        guard !asking.isAnswered else { return }
        loop.assumeIsolated().scheduleTask(in: Self.listTimeout) { [self] in
            asking.survey.deadline()
            assumeIsolated { $0.ask([], asking) }
        }
    }

    private static func likeness(of node: Node, _ what: WireListNames) -> ListSurvey.Likeness {
        if case .events = what.what, let digest = node.vitals?.catalog, !digest.isEmpty {
            return .digest(Array(digest))
        }
        return .hint("\(node.hello.host.kernelRelease) \(node.hello.host.architecture)")
    }

    /// Sends questions, and the answer to the operator when none is left.
    private func ask(_ questions: [ListSurvey.Question], _ asking: Asking) {
        for question in questions {
            guard let nodeLink = nodes[question.node]?.link else {
                answered(question.node, .failure(WireRefusal(.nodeLost, "the connection was lost")), asking)
                continue
            }
            var order = asking.what
            order.known = question.known.map { .init($0) }
            command(.listNames(order), session: 0, on: nodeLink) { [self] answer in
                assumeIsolated { $0.answered(question.node, Self.checked(answer, known: question.known), asking) }
            }
        }
        guard asking.survey.isDone, !asking.isAnswered else { return }
        asking.isAnswered = true
        asking.link.respond(to: asking.request, .listReport(asking.survey.report(limit: Self.reportLimit)))
    }

    private func answered(_ node: String, _ outcome: Result<WireNameList, WireRefusal>, _ asking: Asking) {
        if case .events = asking.what.what, case .success(let list) = outcome, list.hasText { lists.keep(list) }
        ask(asking.survey.answered(node, outcome), asking)
    }

    /// A text that is not what its digest says would be shown as another node's: it is refused.
    private static func checked(_ answer: WireCommandReply, known: [[UInt8]]) -> Result<WireNameList, WireRefusal> {
        answer.result { if case .names(let list) = $0 { list } else { nil } }.flatMap { list in
            if !list.hasText {
                return known.contains(Array(list.digest))
                    ? .success(list) : .failure(WireRefusal(.io, "the node left out a list that is not known here"))
            }
            do {
                let digest = try list.text.unpacked(limit: listLimit).withUnsafeBytes { SHA256.digest(of: $0) }
                guard digest == Array(list.digest) else {
                    return .failure(WireRefusal(.io, "the node's list is not the one that its digest says"))
                }
                return .success(list)
            } catch {
                return .failure(WireRefusal(.io, "the node's list cannot be unpacked: \(error)"))
            }
        }
    }
}
