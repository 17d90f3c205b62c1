import CLinux
import SystemFacts

extension TraceInstance {
    /// A poll(2) in another thread holds a reference to its file until it returns. Closing the descriptor wakes it
    /// (tracing_buffers_flush in kernel/trace/trace.c), but that takes a moment.
    private static let attempts = 50
    private static let pause = Duration.milliseconds(1)

    /// - Returns: 0, or an errno.
    private static func rmdir(_ path: String) -> Int32 {
        var outcome: Int32 = 0
        for attempt in 0..<attempts {
            outcome = -linux_rmdir(path)
            guard outcome == Errno.busy, attempt + 1 < attempts else { break }
            linux_sleep_nanoseconds(UInt64(pause.wholeNanoseconds))
        }
        return outcome
    }

    /// Switches recording off, disables all events, closes every file that this object has opened and removes the
    /// instance with its contents. It closes pipes too, so their readers get ``TracefsError/pipeClosed(path:)``.
    ///
    /// May be called again: after success it does nothing, after a failure it tries again.
    ///
    /// - Throws: ``TracefsError/instanceBusy(name:)`` if another process still has one of its files open after 50 ms.
    public func remove() throws(TracefsError) {
        let isFirstAttempt = state.withLock { state -> Bool in
            guard !state.isRemoved else { return false }
            try? state.tracingOn?.write("0")
            return true
        }
        guard isFirstAttempt else { return }
        // rmdir does both too. Do it before, so that an instance that cannot be removed has no more overhead.
        try? ControlFile.write("0", to: file("events/enable"))
        let tracer = try? currentTracer()
        let outcome = state.withLock { state -> Int32 in
            for pipe in state.pipes { pipe.close() }
            state.pipes = []
            if tracer != nil { try? ControlFile.write("nop", to: file("current_tracer")) }
            state.tracingOn = nil
            var outcome = Self.rmdir(path)
            if outcome == Errno.busy, root.clearHistograms(instance: name) { outcome = Self.rmdir(path) }
            // Another process has removed it or is removing it (ENODEV: instance_rmdir in kernel/trace/trace.c does not
            // find it), so it is gone. An agent that starts can do that, because without the pinning file the instance
            // looks like that of a dead agent.
            if outcome == Errno.noEntry || outcome == Errno.noDevice { outcome = 0 }
            state.isRemoved = outcome == 0
            return outcome
        }
        if tracer == .functionGraph, let lock = try? InstancesLock.removing(root) {
            root.graphsEnded()
            withExtendedLifetime(lock) {}
        }
        switch outcome {
        case 0: return
        case Errno.busy: throw .instanceBusy(name: name)
        default: throw .systemCall(.remove, path, outcome)
        }
    }
}
