import SystemFacts
import TraceProtocol

/// The threads that a session leaves out, and when events of other tasks may have been left out with them.
struct UntracedThreadList {
    private var threads: UntracedThreads
    /// ns of the trace clock.
    private(set) var gaps: [WireRecordingGap] = []

    /// Later ones become one with the last.
    private static let mostGaps = 100
    private static let missing =
        "events of another task may be missing: the kernel gave it the number of a Fleetrace thread that had ended"

    init(_ threads: UntracedThreads = UntracedThreads()) {
        self.threads = threads
    }

    var listed: Set<Int32> { threads.listed }

    /// - Parameter wanted: the threads to leave out.
    /// - Returns: what the kernel's list should hold.
    mutating func update(_ wanted: Set<Int32>) -> Set<Int32> {
        let update = threads.update(wanted: wanted, now: .now, startTime: TaskList.startTime)
        if let since = update.missingSince { note(since: since) }
        return update.listed
    }

    private mutating func note(since: MonotonicRawInstant) {
        let now = MonotonicRawInstant.now.nanoseconds
        if gaps.count < Self.mostGaps {
            gaps.append(WireRecordingGap(from: since.nanoseconds, to: now, Self.missing))
        } else {
            gaps[gaps.count - 1].to = now
        }
    }
}
