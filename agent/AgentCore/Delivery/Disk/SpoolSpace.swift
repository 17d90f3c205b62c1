import Synchronization

/// The bytes of disk that the spools of all sessions may take together. Thread-safe.
final class SpoolSpace: Sendable {
    let limit: Int
    /// What several CPUs may add at once, after each has seen that there is room.
    private let margin: Int
    private let taken = Atomic<Int>(0)

    /// - Parameter cpus: that read at a time.
    init(limit: Int, cpus: Int) {
        self.limit = limit
        margin = min(limit / 2, (cpus + 1) * Self.longestBatch)
    }

    /// What one reading of a CPU makes at most, in bytes on disk.
    private static let longestBatch = 272 << 10

    var used: Int { taken.load(ordering: .relaxed) }

    var hasRoom: Bool { used + margin <= limit }

    func take(_ bytes: Int) { taken.add(bytes, ordering: .relaxed) }

    func giveBack(_ bytes: Int) { taken.subtract(bytes, ordering: .relaxed) }
}
