import SecureTransport
import TraceProtocol

/// Lists of what nodes have.
extension Controller {
    private static let listTimeout = Duration.seconds(15)
    /// Bytes of texts in one reply, below the limit of its frame.
    private static let reportLimit = 24 << 20
    /// Bytes of one list unpacked.
    private static let listLimit = 16 << 20

    func list(_ message: WireListOnNodes, request: UInt64, for link: OperatorLink) throws(WireRefusal) {
        // It opens a file that the operator names, as root.
        switch message.what.what {
        case .usdt, .symbols: try require(.tracer, "look into files of nodes", link)
        default: break
        }
        let members = try chosenNodes(message.selectors).map { node in
            ListSurvey.Member(node: node.name, likeness: Self.likeness(of: node, message.what))
        }
        let query = NodeQuery(
            ListSurvey(members) { lists.list($0) }, for: link.name, askedBy: link.description,
            command: { request in
                var what = message.what
                what.known = request.known.map { .init($0) }
                return .listNames(what)
            },
            read: { [self] reply, request in
                let outcome = Self.checked(reply, known: request.known)
                if case .events = message.what.what, case .success(let list) = outcome, list.hasText {
                    assumeIsolated { $0.lists.keep(list) }
                }
                return outcome
            },
            finish: { survey in
                link.respond(to: request, .listReport(survey.report(limit: Self.reportLimit)))
            })
        run(query, timeout: Self.listTimeout)
    }

    private static func likeness(of node: Node, _ what: WireListNames) -> ListSurvey.Likeness {
        if case .events = what.what, let digest = node.vitals?.catalog, !digest.isEmpty {
            return .digest(Array(digest))
        }
        return .hint("\(node.hello.host.kernelRelease) \(node.hello.host.architecture)")
    }

    /// A text that does not have the digest beside it would be shown as another node's: it is refused.
    private static func checked(_ reply: WireCommandReply, known: [[UInt8]]) -> Result<WireNameList, WireRefusal> {
        reply.result { if case .names(let list) = $0 { list } else { nil } }.flatMap { list in
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
