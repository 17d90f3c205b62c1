import Tracefs

/// This node's tracefs, the name of the node in it, and what the node allows there.
struct NodeTracefs: Sendable {
    let root: TracefsRoot
    let node: String
    let policy: Policy
}
