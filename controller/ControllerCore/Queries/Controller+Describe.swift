import NIOCore
import TextPatterns
import TraceProtocol

/// Everything about one node.
extension Controller {
    private static let describeTimeout = TimeAmount.seconds(10)
    /// Lines about a node that are shown at most.
    private static let logLines = 100

    /// What one node says of itself, and what is known of it here. A node that does not answer is no reason to keep the
    /// latter back.
    func describe(_ order: WireDescribeNode, request: UInt64, from link: OperatorLink) throws(WireRefusal) {
        guard let node = nodes[order.node] else {
            let near = NearMatch.suggestions(for: order.node, among: nodes.keys)
            throw WireRefusal(
                .unspecified,
                "the controller knows no node \"\(order.node)\""
                    + (near.isEmpty ? "" : " (did you mean \(near.joined(separator: ", "))?)"))
        }
        let asking = DescribedNode(order.node, request: request, link: link)
        guard let nodeLink = node.link else {
            return asking.respond(
                known(of: node), .failure(WireRefusal(.nodeLost, "node \(order.node) is not connected")))
        }
        var describe = WireDescribe()
        describe.state = true
        command(.describe(describe), session: 0, on: nodeLink) { [self] answer in
            let description = answer.result { if case .described(let it) = $0 { it } else { nil } }
            assumeIsolated { $0.respond(description, asking) }
        }
        loop.assumeIsolated().scheduleTask(in: Self.describeTimeout) { [self] in
            let refusal = WireRefusal(.timeout, "node \(asking.node) did not answer in time")
            assumeIsolated { $0.respond(.failure(refusal), asking) }
        }
    }

    private func respond(_ answer: Result<WireNodeDescription, WireRefusal>, _ asking: DescribedNode) {
        guard let node = nodes[asking.node] else { return }
        asking.respond(known(of: node), answer)
    }

    private func known(of node: Node) -> WireNodeReport {
        var report = WireNodeReport()
        report.node = node.name
        report.clock = node.clockHistory.message
        for session in sessions.values.sorted(by: { $0.id < $1.id }) where session.counts == nil {
            guard let index = session.index(of: node), session.flow.isLive(index) else { continue }
            report.received.append(
                .with { receipt in
                    receipt.session = session.id
                    receipt.cpus = session.parts[index].received.sorted { $0.key < $1.key }.map { cpu, events in
                        .with {
                            $0.cpu = cpu
                            $0.events = events
                        }
                    }
                })
        }
        report.log = recent.lines.filter { $0.mentions(node.name) }.suffix(Self.logLines).map { line in
            .with {
                $0.at = line.at
                $0.level = line.level.rawValue
                $0.text = line.text
            }
        }
        return report
    }
}

/// One operator's question about a node, answered once. Confined to the controller's loop.
private final class DescribedNode: @unchecked Sendable {
    let node: String
    private let request: UInt64
    private let link: OperatorLink
    private var isAnswered = false

    init(_ node: String, request: UInt64, link: OperatorLink) {
        self.node = node
        self.request = request
        self.link = link
    }

    func respond(_ report: WireNodeReport, _ answer: Result<WireNodeDescription, WireRefusal>) {
        guard !isAnswered else { return }
        isAnswered = true
        var report = report
        switch answer {
        case .success(let description): report.nodeDescription = description
        case .failure(let refusal): report.refusal = refusal
        }
        link.respond(to: request, .nodeReport(report))
    }
}
