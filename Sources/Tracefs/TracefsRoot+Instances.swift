import CLinux
import Glibc
import TextPatterns

/// What became of an instance that an earlier agent may have left behind.
public struct StaleRemoval: Sendable, Equatable {
    /// Name of the instance.
    public let name: String
    /// What became of it.
    public let outcome: Outcome

    /// What became of an instance.
    public enum Outcome: Sendable, Equatable {
        /// Nobody held it; it is gone.
        case removed
        /// A process has one of its files open: it belongs to a live agent and was left alone.
        case inUse
        /// The kernel refused for another reason.
        case failed(TracefsError)
    }
}

extension TracefsRoot {
    /// Whether somebody's instance records.
    public func isTracing(instance: String) throws(TracefsError) -> Bool {
        try ControlFile.text(file("instances/\(instance)/tracing_on")).hasPrefix("1")
    }

    /// The events that are enabled in somebody's instance, sorted.
    public func enabledEvents(instance: String) throws(TracefsError) -> [EventName] {
        Self.eventNames(try ControlFile.text(file("instances/\(instance)/set_event")))
    }

    /// Names of the instances whose name starts with `prefix`, sorted.
    public func instances(prefix: String) throws(TracefsError) -> [String] {
        try Directory.names(file("instances")).filter { $0.hasPrefix(prefix) }
    }

    /// Removes every instance with the prefix that no process holds.
    ///
    /// A live ``TraceInstance`` always has a file of its own open, and an open file counts as a reference to the
    /// kernel's trace_array, so that rmdir(2) answers EBUSY (__remove_instance in kernel/trace/trace.c). The kernel
    /// closes the files of a dead agent. Only histograms with variables hold their instance as a file does; whether a process
    /// lives, the lock on its `tracing_on` tells then. Against those that are just being made there is a lock
    /// (`InstancesLock`).
    ///
    /// - Throws: if the prefix is empty (it would select other people's instances) or the list cannot be read.
    public func removeStaleInstances(prefix: String) throws(TracefsError) -> [StaleRemoval] {
        guard !prefix.isEmpty else {
            throw .invalidArgument(name: "instance prefix", value: prefix, reason: "it must not be empty")
        }
        let lock = try InstancesLock.removing(self)
        defer { withExtendedLifetime(lock) {} }
        return try instances(prefix: prefix).compactMap { name in
            let path = file("instances/\(name)")
            var outcome = -linux_rmdir(path)
            if outcome == Errno.busy, clearHistogramsOfDead(instance: name) { outcome = -linux_rmdir(path) }
            return switch outcome {
            case 0: StaleRemoval(name: name, outcome: .removed)
            case Errno.busy: StaleRemoval(name: name, outcome: .inUse)
            // Gone in the meantime, by whoever owned it.
            case Errno.noEntry, Errno.noDevice: nil
            case let errno: StaleRemoval(name: name, outcome: .failed(.systemCall(.remove, path, errno)))
            }
        }
    }

    /// Removes the hist triggers of an instance that is locked by nobody.
    ///
    /// - Returns: whether it did.
    private func clearHistogramsOfDead(instance: String) -> Bool {
        guard let pin = try? OpenFile(file("instances/\(instance)/tracing_on"), flags: O_RDWR), pin.tryLock() else {
            return false
        }
        return clearHistograms(instance: instance)
    }

    /// Removes all hist triggers of an instance: those with variables keep it from being removed
    /// (save_hist_vars in kernel/trace/trace_events_hist.c), and one whose variable another uses goes after that.
    ///
    /// - Returns: whether there were any.
    func clearHistograms(instance: String) -> Bool {
        var files = ((try? events()) ?? []).map {
            file("instances/\(instance)/events/\($0.system)/\($0.name)/trigger")
        }
        func keepThoseWithHistograms() {
            files.removeAll { path in
                !((try? ControlFile.text(path)) ?? "").split(separator: "\n").contains { $0.hasPrefix("hist:") }
            }
        }
        keepThoseWithHistograms()
        let found = files.count
        // Each round frees one more link of a chain at least.
        for _ in 0..<found where !files.isEmpty {
            for path in files { try? ControlFile.truncate(path) }
            keepThoseWithHistograms()
        }
        return found > 0
    }
}
