import TestSupport

/// What a session has in a node's kernel. It records on, whatever becomes of the agent.
final class SimulatedInstance {
    let session: UInt64
    /// Whose open files keep it.
    var owner: SimulatedProcess
    let rings: [SimulatedRing]
    /// When it recorded: ns of the world's time.
    private(set) var began: Int64?
    private(set) var ended: Int64?
    /// It is no longer in the kernel.
    private(set) var isRemoved = false

    init(_ session: UInt64, owner: SimulatedProcess, rings: [SimulatedRing]) {
        self.session = session
        self.owner = owner
        self.rings = rings
    }

    func switchOn(at time: Int64) {
        guard began == nil, !isRemoved else { return }
        began = time
        for ring in rings { ring.begin(at: time) }
    }

    func switchOff(at time: Int64) {
        guard ended == nil else { return }
        catchUp(to: time)
        ended = time
    }

    /// Records everything up to now.
    func catchUp(to now: Int64) {
        guard began != nil, !isRemoved else { return }
        for ring in rings { ring.record(upTo: min(now, ended ?? now)) }
    }

    func remove(at now: Int64) {
        guard !isRemoved else { return }
        switchOff(at: now)
        isRemoved = true
    }
}
