import Logging
import NIOCore
import SecureTransport
import SystemFacts
import TraceClock
import TraceProtocol

/// Agents that connect, connect again, and are lost.
extension Controller {
    /// A node has connected, for the first time or again.
    ///
    /// - Returns: for each session that it still holds, from where to go on.
    func connect(_ link: NodeLink, _ hello: WireHello) -> [WireResumePoint] {
        let node = link.node
        if let old = node.link { replace(old, by: link.channel) }
        let now = time.now()
        let timeOfDay = time.origin.timeOfDay(at: now)
        // The trace clock starts anew with each boot.
        if node.hello.host.bootID != hello.host.bootID {
            if node.connectedSince != nil { node.clockHistory.rebooted(at: timeOfDay) }
            node.clock = LiveClock()
            node.samples.removeAll()
        }
        node.hello = hello
        node.vitals = nil
        node.link = link
        node.connectedSince = timeOfDay
        node.lastHeard = now
        return resume(node, hello)
    }

    func replace(_ old: NodeLink, by channel: any Channel) {
        let goodbye = WireGoodbye(
            .replaced, "node \(old.node.name) has connected again from \(channel.remoteAddress?.shown ?? "?")")
        if let frame = try? Frame(.goodbye, goodbye) { old.send(frame) }
        disconnected(old)
        old.channel.close(promise: nil)
    }

    private func resume(_ node: Node, _ hello: WireHello) -> [WireResumePoint] {
        let held = Dictionary(hello.sessions.map { ($0.session, $0) }, uniquingKeysWith: { first, _ in first })
        for session in Array(sessions.values) {
            guard let index = session.index(of: node) else { continue }
            session.nodeReturned(index, incarnation: hello.incarnation, held: held[session.id])
        }
        return hello.sessions.map { held in
            guard let session = sessions[held.session], let index = session.index(of: node) else {
                return .with {
                    $0.session = held.session
                    $0.unknown = true
                }
            }
            return session.resumePoint(index, held)
        }
    }

    /// Whether an agent can be told where to go on. A successor numbers on from the last frame that has come of the agent
    /// that died, so all of these must have become durable: if one were lost after that, nobody would have it.
    func isSettled(_ node: Node, _ hello: WireHello) -> Bool {
        hello.sessions.allSatisfy { held in
            guard held.takenOver, let session = sessions[held.session], let index = session.index(of: node),
                session.flow.isLive(index)
            else { return true }
            return session.isSettled(index)
        }
    }

    func disconnected(_ link: NodeLink) {
        let node = link.node
        guard node.link === link else { return }
        node.link = nil
        forgetDatagrams(of: link)
        if isHandingOver { return }
        let reason = link.endReason
        logAbout(link, .warning, "node lost", reason.isEmpty ? [:] : ["reason": "\(reason)"])
        let text = reason.isEmpty ? "the connection was lost" : "the connection was ended: \(reason)"
        for session in Array(sessions.values) {
            if let index = session.index(of: node) { session.nodeLost(index, because: text) }
        }
        link.refuseRequests(WireRefusal(.nodeLost, text))
        excludedProcessesChanged()
        if let newcomer = node.newcomer { succeed(newcomer) }
    }

    // MARK: Which processes traces leave out

    /// The processes of Fleetrace that are connected, and this one.
    func excludedProcesses() -> ExcludedProcesses {
        ExcludedProcesses(
            [host] + operators.values.map(\.host) + nodes.values.compactMap { $0.link == nil ? nil : $0.hello.host })
    }

    /// Tells the agents of running sessions whose threads to leave out from now on, if that has changed.
    func excludedProcessesChanged() {
        guard !sessions.isEmpty else { return }
        let excludedProcesses = excludedProcesses()
        for node in nodes.values where sessions.values.contains(where: { $0.index(of: node) != nil }) {
            guard let link = node.link else { continue }
            let pids = excludedProcesses.of(node.hello.host)
            guard pids != link.excludedProcesses else { continue }
            link.excludedProcesses = pids
            var exclude = WireExcludeProcesses()
            exclude.pids = pids
            link.command(.excludeProcesses(exclude), session: 0) { _ in }
        }
    }
}
