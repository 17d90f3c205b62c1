import Logging
import NIOCore
import SecureTransport
import SystemFacts
import TraceProtocol

/// A peer's first frame, and the reply to it.
extension Controller {
    /// A peer has introduced itself.
    ///
    /// - Throws: `ProtocolError.noCommonVersion`; `.unexpected` for a peer that has no business here.
    func accept(_ hello: WireHello, from identity: PeerIdentity, on channel: any Channel) throws -> PeerHandler.Peer {
        let version = try Negotiation.commonVersion(theirs: hello.versions)
        var welcome = WireWelcome()
        welcome.version = version
        welcome.capabilities = Negotiation.commonCapabilities(theirs: hello.capabilities)
        if prober == nil { welcome.capabilities.removeAll { $0 == Negotiation.Capability.udpProbes } }
        welcome.identity = identity.description
        welcome.software = "fleetrace \(Negotiation.software)"
        welcome.leaseMs = UInt32(clamping: lease.wholeMilliseconds)
        switch identity.role {
        case .node: return try admit(identity.name, hello, welcome, on: channel)
        case .operator:
            let link = OperatorLink(
                channel: channel, identity: identity, host: hello.host,
                reclaims: welcome.capabilities.contains(Negotiation.Capability.reclaim)
            ) { [self] link, request, result in assumeIsolated { $0.audit(link, request, result) }
            }
            operators[ObjectIdentifier(link)] = link
            link.send(try Frame(.welcome, welcome))
            excludedProcessesChanged()
            return .operator(link)
        case .controller: throw ProtocolError.unexpected(.hello, "from another controller")
        }
    }

    /// A connection is its node's from now on.
    func accept(_ node: Node, _ hello: WireHello, _ welcome: WireWelcome, on channel: any Channel) throws -> NodeLink {
        guard hello.sessions.count <= budget.node.heldSessions else {
            throw OverBudget("it holds more than \(budget.node.heldSessions) sessions")
        }
        // What an earlier connection brought is still under way, and is granted again when it is stored.
        let credit = max(0, creditPerNode - node.outstanding)
        lastLink += 1
        let link = NodeLink(
            channel: channel, node: node, credit: credit, phase: lastLink, budget: budget.node, time: time,
            firstRequest: random.next())
        link.countsCost = welcome.capabilities.contains(Negotiation.Capability.countCredit)
        link.canRewind = welcome.capabilities.contains(Negotiation.Capability.rewind)
        link.takesNotices = welcome.capabilities.contains(Negotiation.Capability.notice)
        link.hasClockSources = welcome.capabilities.contains(Negotiation.Capability.clockSources)
        var welcome = welcome
        welcome.identity = "\(PeerRole.node)/\(node.name)"
        welcome.credit = UInt64(credit)
        welcome.resume = connect(link, hello)
        if welcome.capabilities.contains(Negotiation.Capability.udpProbes) { expectDatagrams(of: link) }
        link.send(try Frame(.welcome, welcome))
        for session in sessions.values { if let index = session.index(of: node) { session.commandAgain(index) } }
        logAbout(
            link, .info, "node connected", ["kernel": "\(hello.host.kernelRelease.prefix(budget.connection.text))"])
        excludedProcessesChanged()
        return link
    }

    private var creditPerNode: Int {
        let share = budget.node.creditInAll / max(nodes.count, 1)
        return min(budget.node.credit.upperBound, max(budget.node.credit.lowerBound, share))
    }
}
