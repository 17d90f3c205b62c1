import TestSupport

/// The network between one peer and the controller: how long it takes, and when nothing goes through.
final class SimulatedLink: @unchecked Sendable {
    private let world: World
    /// ns.
    let latency: ClosedRange<Int64>
    /// Nothing is delivered before this time.
    private(set) var frozenUntil: Int64 = 0
    /// All so far. They stay until the end of the simulation: something may still be under way in them.
    private(set) var connections: [SimulatedConnection] = []

    init(_ world: World, latency: ClosedRange<Int64>) {
        self.world = world
        self.latency = latency
    }

    func delay(_ generator: inout SplitMix64) -> Int64 { generator.within(latency) }

    func connected(_ connection: SimulatedConnection) { connections.append(connection) }

    var connection: SimulatedConnection? { connections.last }

    /// Frees the memory of a simulation that is over.
    func dismantle() {
        for connection in connections { connection.dismantle() }
        connections.removeAll()
    }

    /// Nothing goes through for a time. Who hears nothing for longer than `idleLimit` gives the connection up.
    func freeze(for time: Int64) {
        frozenUntil = max(frozenUntil, world.now + time)
        guard time > Self.idleLimit, let connection else { return }
        world.schedule(in: Self.idleLimit) { connection.cut(silently: false) }
    }

    /// `SecureTransport` ends a connection on which nothing comes for so long.
    static let idleLimit: Int64 = 60 * .second

    /// Cuts the present connection.
    ///
    /// - Parameter silently: one end does not notice for a while.
    func cut(silently: Bool) { connection?.cut(silently: silently) }
}
