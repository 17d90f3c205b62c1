import Guarding
import TraceProtocol
import Tracefs

/// This node's tracefs, the name of the node in it, what the node allows there, who removes what is in it if this agent
/// is killed, and the kernel's symbols.
struct NodeTracefs: Sendable {
    let root: TracefsRoot
    let node: String
    let policy: Policy
    /// Told the name of each instance before it is made, and after it and its probes have been removed.
    let guardian: GuardProcess
    let symbols: PackedSymbols
    /// For the ring buffers of all sessions.
    let memory: RingMemory
    /// How long a session is left alone after this agent's death, for a successor.
    let grace: SuccessionGrace
    /// The longest that a session may have without a controller, where the policy has no rule.
    let longestLease: Duration
    /// Files into which sessions with a spool are read; nil where nothing outlives the agent.
    let reads: ReadBuffers?

    /// The same for one session: as long as it may record without a controller.
    func grace(of request: WirePrepare) -> Duration {
        let usual = grace.current
        guard usual > .zero, let lease = try? policy.lease(request, longest: longestLease) else {
            return usual
        }
        return lease.duration(usual: usual)
    }
}
