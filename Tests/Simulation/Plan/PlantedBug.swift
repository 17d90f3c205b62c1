/// A mistake that a program of Fleetrace could have made, made here by a part of the simulation in its place: the disk, the
/// kernel, or a link that changes what a program says. The simulation has to find each of them.
enum PlantedBug: String, CaseIterable, Sendable {
    // The disk and what writes to it.
    case acknowledgeBeforeSync, acknowledgeBeforeWrite, syncWithoutEffect, tornTailKept, recordLost, recordTwice
    // What the next controller finds on it.
    case recoveredTailKept
    // What an agent or the controller says.
    case resumeSkipsFrames, resumeTooEarly, numberReused, batchLost, batchTwice, creditLost, watermarkTooEarly
    case leaseForgotten, chunkLost, finishLost, stopLost
    // The node.
    case lossUncounted, silentStop, guardAsleep
    // An agent that takes over from one that died.
    case lossUnstated, keptTooEarly
    // An operator that comes back.
    case readFromTheStart
}
