/// The threads that read the rings of an agent's sessions; here one loop.
final class SimulatedReaders: @unchecked Sendable {
    let loop: SimulatedLoop
    private var taps: [SimulatedTap] = []

    /// As `AgentConfiguration.readInterval`.
    private static let interval: Int64 = 40 * .millisecond

    init(_ loop: SimulatedLoop) {
        self.loop = loop
        turnLater()
    }

    func add(_ tap: SimulatedTap) {
        taps.append(tap)
        loop.perform { [self] in turn() }
    }

    func turn() {
        for tap in taps { tap.service() }
        taps.removeAll(where: \.isDone)
    }

    private func turnLater() {
        loop.perform(at: loop.world.now + loop.world.interval(Self.interval)) { [self] in
            turn()
            turnLater()
        }
    }
}
