import CLinux

extension TraceInstance {
    /// A poll(2) under way in another thread holds its file until it returns; closing the descriptor wakes it
    /// (tracing_buffers_flush in kernel/trace/trace.c), but it takes a moment.
    private static let attempts = 50
    private static let pauseNanoseconds: UInt64 = 1_000_000

    /// - Returns: 0, or why not.
    private static func rmdir(_ path: String) -> Int32 {
        var outcome: Int32 = 0
        for attempt in 0..<attempts {
            outcome = -linux_rmdir(path)
            guard outcome == Errno.busy, attempt + 1 < attempts else { break }
            linux_sleep_nanoseconds(pauseNanoseconds)
        }
        return outcome
    }

    /// Switches recording off, disables all events, closes every file that this object has opened (pipes included: their
    /// readers get ``TracefsError/pipeClosed(path:)``) and removes the instance with what it holds.
    ///
    /// May be called again: after success it does nothing, after a failure it tries anew.
    ///
    /// - Throws: ``TracefsError/instanceBusy(name:)`` if after 50 ms another process still has one of its files open.
    public func remove() throws(TracefsError) {
        let isFirstAttempt = state.withLock { state -> Bool in
            guard !state.isRemoved else { return false }
            try? state.tracingOn?.write("0")
            return true
        }
        guard isFirstAttempt else { return }
        // rmdir does both as well; before it, so that even an instance that cannot be removed costs nothing more.
        try? ControlFile.write("0", to: file("events/enable"))
        let outcome = state.withLock { state -> Int32 in
            for pipe in state.pipes { pipe.close() }
            state.pipes = []
            state.tracingOn = nil
            var outcome = Self.rmdir(path)
            if outcome == Errno.busy, root.clearHistograms(instance: name) { outcome = Self.rmdir(path) }
            // Someone else has removed it, or is about to (ENODEV: instance_rmdir in kernel/trace/trace.c no longer finds
            // it): it is gone, which is what was asked. An agent that starts takes it for a dead one's once the file that
            // pins it is closed.
            if outcome == Errno.noEntry || outcome == Errno.noDevice { outcome = 0 }
            state.isRemoved = outcome == 0
            return outcome
        }
        switch outcome {
        case 0: return
        case Errno.busy: throw .instanceBusy(name: name)
        default: throw .systemCall(.remove, path, outcome)
        }
    }
}
