import Tracefs

/// What all nodes of the fleet have in common: the events and the layouts of this machine.
struct SimulatedInventory: Sendable {
    let catalog: SimulatedCatalog
    let recording: SimulatedRecording

    static func own() throws -> SimulatedInventory {
        let root = try TracefsRoot.locate(mountIfNeeded: true)
        return SimulatedInventory(catalog: try SimulatedCatalog(root), recording: try SimulatedRecording(root))
    }
}

/// What a simulated node has done for a session.
enum SimulatedStep: Sendable {
    case prepared, started
    /// The request to start came after the moment of the start.
    case missed
}
