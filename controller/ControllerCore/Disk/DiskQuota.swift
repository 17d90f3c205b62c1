import SystemPackage
import TraceProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Free and total bytes of a file system.
struct DiskSpace: Equatable, Sendable {
    var free: Int
    var total: Int

    init(free: Int, total: Int) {
        self.free = free
        self.total = total
    }

    /// As it is now for files in this directory; nil when the kernel does not say.
    init?(of directory: FilePath) {
        var facts = statvfs()
        guard statvfs(directory.string, &facts) == 0 else { return nil }
        free = Int(
            clamping: UInt64(facts.f_bavail).multipliedReportingOverflow(by: UInt64(facts.f_frsize)).partialValue)
        total = Int(
            clamping: UInt64(facts.f_blocks).multipliedReportingOverflow(by: UInt64(facts.f_frsize)).partialValue)
    }
}

/// Which log has to end so that recordings leave room on the disk. No I/O.
///
/// What is free above the floor is shared as a `SharedPool` is: a session may hold as much as is left. So one alone can
/// fill half of the disk, and a session that takes little is never the one that has to end. Logs that have ended do not
/// count: their bytes are gone from what is free, and nothing would be won.
///
/// What somebody else writes to the disk ends no log: recordings that are crowded out wait until there is room again.
struct DiskQuota {
    private let budget: Budget.Disk
    /// The most that recordings have had, held and free together, since one began; bytes.
    private var most = 0

    init(_ budget: Budget.Disk) {
        self.budget = budget
    }

    /// Bytes that are kept free.
    func floor(_ space: DiskSpace) -> Int { min(budget.floor, space.total / budget.floorPart) }

    /// Bytes that recordings may still take.
    func room(_ space: DiskSpace) -> Int { max(0, space.free - floor(space)) }

    /// - Parameter sessions: bytes of each log that still grows, by session.
    /// - Returns: the log that has to end: of the session that holds most, its largest. Nil when there is room, or would be
    ///   if nobody else wrote to the disk.
    mutating func excess<ID: Hashable>(_ sessions: [ID: [Int]], _ space: DiskSpace) -> (session: ID, log: Int)? {
        let held = sessions.mapValues { $0.reduce(0, +) }
        let all = held.values.reduce(0, +)
        most = max(most, all + room(space))
        guard let largest = held.max(by: { $0.value < $1.value }), largest.value > most - all,
            let logs = sessions[largest.key], let log = logs.indices.max(by: { logs[$0] < logs[$1] }), logs[log] > 0
        else { return nil }
        return (largest.key, log)
    }

    /// A session has begun: what recordings may have is measured anew.
    mutating func measureAgain() {
        most = 0
    }

    /// Bytes of a log that has ended, or of a session that is kept, stay on the disk.
    mutating func keeps(_ bytes: Int) {
        most = max(0, most - bytes)
    }
}

/// Why a log was ended, or a session not begun.
struct DiskQuotaExceeded: Error, Equatable, CustomStringConvertible {
    let description: String

    init(held: Int, room: Int, floor: Int, directory: FilePath) {
        description =
            "over budget: its recording has taken \(held >> 20) MiB, and \(room >> 20) MiB are left for all in "
            + "\(directory) (\(floor >> 20) MiB are kept free)"
    }

    /// Whether recordings wait because of the disk as a whole: below the floor nothing is written.
    init(floor: Int, directory: FilePath) {
        description = "the disk with \(directory) has less than \(floor >> 20) MiB free, which are kept"
    }
}
