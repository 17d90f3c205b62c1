import NIOCore
import TraceProtocol

/// Two connections of one node: which of them stays (`NodeSuccession`), and when the later one is welcomed.
extension Controller {
    /// A node has introduced itself.
    func admit(
        _ name: String, _ hello: WireHello, _ welcome: WireWelcome, on channel: any Channel
    ) throws -> PeerHandler.Peer {
        let node = twin(of: name, incarnation: hello.incarnation) ?? known(name)
        let older = node.link.map { _ in
            NodeSuccession.Older(incarnation: node.hello.incarnation, lastHeard: node.lastHeard)
        }
        switch NodeSuccession.verdict(
            older: older, isAsked: node.newcomer != nil, incarnation: hello.incarnation, now: time.now())
        {
        case .accept:
            if let other = node.newcomer {
                node.newcomer = nil
                end(other.channel, because: inUse(node))
            }
            guard isSettled(node, hello) else {
                let newcomer = Newcomer(of: node.name, channel: channel, hello: hello, welcome: welcome)
                wait(newcomer, toBe: node)
                return .newcomer(newcomer)
            }
            return .node(try accept(node, hello, welcome, on: channel))
        case .refuse: throw inUse(node)
        case .ask:
            let newcomer = Newcomer(of: node.name, channel: channel, hello: hello, welcome: welcome)
            node.newcomer = newcomer
            node.link?.ask()
            loop.assumeIsolated().scheduleTask(in: TimeAmount(NodeSuccession.patience)) { [self] in
                assumeIsolated { $0.succeed(newcomer) }
            }
            return .newcomer(newcomer)
        }
    }

    /// A newcomer is welcomed when everything that has come of its node is durable. Nothing more comes of the earlier
    /// connection from now on.
    private func wait(_ newcomer: Newcomer, toBe node: Node) {
        node.newcomer = nil
        if let old = node.link { replace(old, by: newcomer.channel) }
        node.newcomer = newcomer
    }

    /// The earlier connection has not answered, or has ended, or what came of it has become durable.
    func succeed(_ newcomer: Newcomer) {
        guard let node = nodes[newcomer.node], node.newcomer === newcomer else { return }
        guard isSettled(node, newcomer.hello) else { return wait(newcomer, toBe: node) }
        node.newcomer = nil
        settle(newcomer) { try accept(node, newcomer.hello, newcomer.welcome, on: newcomer.channel) }
    }

    /// The earlier connection has answered.
    func olderAnswered(_ node: Node) {
        guard let newcomer = node.newcomer else { return }
        node.newcomer = nil
        settle(newcomer) {
            guard twins == .name else { throw refused(newcomer.channel, asTwinOf: node) }
            let twin = nextTwin(of: node)
            node.tellOfTwin(at: address(newcomer.channel), "it takes part as \(twin.name)", now: time.now())
            return try accept(twin, newcomer.hello, newcomer.welcome, on: newcomer.channel)
        }
    }

    /// A newcomer has gone before it was decided about.
    func disconnected(_ newcomer: Newcomer) {
        if let link = newcomer.link { return disconnected(link) }
        if let node = nodes[newcomer.node], node.newcomer === newcomer { node.newcomer = nil }
    }

    private func settle(_ newcomer: Newcomer, _ accept: () throws -> NodeLink) {
        do {
            newcomer.link = try accept()
        } catch {
            end(newcomer.channel, because: error)
        }
    }

    /// Two machines use one identity, and both answer.
    private func refused(_ other: any Channel, asTwinOf node: Node) -> ConnectionRefusal {
        node.twin = (address(other), time.now())
        node.tellOfTwin(at: address(other), "it was refused", now: time.now())
        return inUse(node)
    }

    private func address(_ channel: any Channel) -> String { channel.remoteAddress?.ipAddress ?? "?" }

    private func inUse(_ node: Node) -> ConnectionRefusal {
        let address = node.link.map { self.address($0.channel) } ?? "?"
        return ConnectionRefusal(
            .inUse,
            "node \(node.name) is connected from \(address) and answers; two machines with one certificate are not "
                + "admitted (the controller's option --twins name admits both)")
    }

    // MARK: Names

    func known(_ name: String) -> Node {
        let node = nodes[name] ?? Node(name: name, budget: budget)
        nodes[name] = node
        return node
    }

    /// The `~` is in no certificate's name.
    private static func twinName(_ name: String, _ number: Int) -> String { "\(name)~\(number)" }

    /// An agent that was named as a twin keeps that name while it lives.
    private func twin(of name: String, incarnation: String) -> Node? {
        guard twins == .name, !incarnation.isEmpty else { return nil }
        return nodes.values.first { $0.certifiedName == name && $0.hello.incarnation == incarnation }
    }

    private func nextTwin(of node: Node) -> Node {
        var number = 2
        while nodes[Self.twinName(node.certifiedName, number)]?.link != nil { number += 1 }
        return known(Self.twinName(node.certifiedName, number))
    }
}
