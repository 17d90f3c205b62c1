import NIOCore
import TestSupport

/// A TCP connection: two channels, of two processes, and the wires between them.
final class SimulatedConnection: @unchecked Sendable {
    let client: SimulatedChannel
    let server: SimulatedChannel
    private let world: World
    private var generator: SplitMix64

    /// How long an end of a cut connection may go on without noticing.
    private static let longestIgnorance: Int64 = 3 * .second

    init(client: SimulatedLoop, server: SimulatedLoop, over link: SimulatedLink, _ generator: SplitMix64) {
        world = client.world
        self.client = SimulatedChannel(client)
        self.server = SimulatedChannel(server)
        var generator = generator
        self.client.outgoing = Wire(
            from: self.client, to: self.server, over: link, SplitMix64(seed: generator.next()))
        self.server.outgoing = Wire(
            from: self.server, to: self.client, over: link, SplitMix64(seed: generator.next()))
        self.client.incoming = self.server.outgoing
        self.server.incoming = self.client.outgoing
        self.generator = generator
        link.connected(self)
        for channel in [self.client, self.server] {
            channel.process.whenDead { [weak self] in self?.died(channel) }
        }
    }

    /// Breaks it. What is under way in each direction arrives in part.
    func cut(silently: Bool) {
        world.isBusy()
        let late = silently ? generator.below(2) : 2
        for (index, channel) in [client, server].enumerated() {
            if index == late {
                // It goes on writing into a connection that leads nowhere.
                channel.incoming?.lose()
                let ignorance = generator.within(0...Self.longestIgnorance)
                channel.loop.perform(at: world.now + ignorance) { channel.broke() }
            } else {
                channel.incoming?.cut()
            }
        }
    }

    /// The kernel of a process that died closes its connections: with a FIN behind what was written, or with a reset.
    private func died(_ channel: SimulatedChannel) {
        if generator.once(in: 2) { channel.outgoing?.end() } else { channel.outgoing?.cut() }
        channel.abandon()
    }

    /// The controller's machine lost power: nothing was closed. The other end finds out when it hears nothing for long, or
    /// sends to the machine when that is there again.
    func vanish() {
        server.outgoing?.lose()
        let ignorance = generator.within(1 * .millisecond...SimulatedLink.idleLimit)
        client.loop.perform(at: world.now + ignorance) { [client] in client.broke() }
    }

    func abandon() {
        for channel in [client, server] { channel.abandon() }
    }

    func dismantle() {
        for channel in [client, server] { channel.dismantle() }
    }
}
