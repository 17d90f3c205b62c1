import CLinux
import Glibc
import TextPatterns

/// What happened to an instance that an earlier agent may have left behind.
public struct StaleRemoval: Sendable, Equatable {
    /// Name of the instance.
    public let name: String
    /// What happened to it.
    public let outcome: Outcome

    /// What happened to an instance.
    public enum Outcome: Sendable, Equatable {
        /// It was not in use and was removed.
        case removed
        /// A process has one of its files open, so it belongs to a live agent, or a guard keeps it for a successor.
        case inUse
        /// It could not be removed for another reason.
        case failed(TracefsError)
    }
}

extension TracefsRoot {
    /// Whether an instance of any owner is recording.
    public func isTracing(instance: String) throws(TracefsError) -> Bool {
        try ControlFile.text(file("instances/\(instance)/tracing_on")).hasPrefix("1")
    }

    /// The events that are enabled in an instance of any owner, sorted.
    public func enabledEvents(instance: String) throws(TracefsError) -> [EventName] {
        Self.eventNames(try ControlFile.read(file("instances/\(instance)/set_event")))
    }

    /// Names of the instances whose name starts with `prefix`, sorted.
    public func instances(prefix: String) throws(TracefsError) -> [String] {
        try Directory.names(file("instances")).filter { $0.hasPrefix(prefix) }
    }

    /// Removes every instance with the prefix that no process uses.
    ///
    /// A live ``TraceInstance`` always has one of its files open. An open file is a reference to the kernel's
    /// trace_array, so rmdir(2) fails with EBUSY (__remove_instance in kernel/trace/trace.c). When an agent dies, the
    /// kernel closes its files. Histograms with variables keep an instance busy too. In that case the lock on its
    /// `tracing_on` shows whether the owner lives. `InstancesLock` protects instances that are being created.
    ///
    /// - Parameter patience: how long, at most, an instance that nobody uses is watched before it is removed. Nobody uses one
    ///   either in the moment between its owner's death and its guard's keeping it, or when a guard has let go of it and a
    ///   successor has not taken it over yet.
    /// - Throws: if the prefix is empty, which would select other users' instances, or if the list cannot be read.
    public func removeStaleInstances(
        prefix: String, patience: Duration = .zero
    ) throws(TracefsError) -> [StaleRemoval] {
        guard !prefix.isEmpty else {
            throw .invalidArgument(name: "instance prefix", value: prefix, reason: "it must not be empty")
        }
        let unused = try unusedInstances(prefix: prefix, for: patience)
        let lock = try InstancesLock.removing(self)
        defer { withExtendedLifetime(lock) {} }
        return try instances(prefix: prefix).compactMap { name in
            unused.contains(name) ? removeIfStale(name) : StaleRemoval(name: name, outcome: .inUse)
        }
    }

    private static let pauseBetweenLooks = Duration.milliseconds(50)

    /// Those that nobody was seen to use. Instances in use are looked at once: an open file disturbs their owner's removal.
    private func unusedInstances(prefix: String, for patience: Duration) throws(TracefsError) -> Set<String> {
        func areUnused(_ names: [String]) -> [String] {
            names.filter { !isKept(instance: $0) && (try? isOwned(instance: $0)) == false }
        }
        let end = ContinuousClock.now + patience
        var unused = areUnused(try instances(prefix: prefix))
        while !unused.isEmpty, ContinuousClock.now < end {
            linux_sleep_nanoseconds(UInt64(Self.pauseBetweenLooks.wholeNanoseconds))
            unused = areUnused(unused)
        }
        return Set(unused)
    }

    /// Removes one instance if no process uses it, in the same way.
    ///
    /// - Returns: nil if there is none.
    public func removeStaleInstance(_ name: String) throws(TracefsError) -> StaleRemoval? {
        let lock = try InstancesLock.removing(self)
        defer { withExtendedLifetime(lock) {} }
        return removeIfStale(name)
    }

    private func removeIfStale(_ name: String) -> StaleRemoval? {
        let path = file("instances/\(name)")
        let tracer = try? currentTracer(instance: name)
        var outcome = -linux_rmdir(path)
        if outcome == Errno.busy, clearHistogramsOfDead(instance: name) { outcome = -linux_rmdir(path) }
        if outcome == 0, tracer == FunctionTracer.functionGraph.rawValue { graphsEnded() }
        return switch outcome {
        case 0: StaleRemoval(name: name, outcome: .removed)
        case Errno.busy: StaleRemoval(name: name, outcome: .inUse)
        // Its owner has removed it meanwhile.
        case Errno.noEntry, Errno.noDevice: nil
        case let errno: StaleRemoval(name: name, outcome: .failed(.systemCall(.remove, path, errno)))
        }
    }

    /// Switches recording and all events of an instance off, unless its owner lives: its lock on `tracing_on` shows that.
    ///
    /// - Returns: whether it is off; false if it has an owner.
    /// - Throws: when the instance does not exist, too.
    public func silenceStaleInstance(_ name: String) throws(TracefsError) -> Bool {
        let pin = try OpenFile(file("instances/\(name)/tracing_on"), flags: O_RDWR)
        guard pin.tryLock() else { return false }
        try pin.write("0")
        try ControlFile.write("0", to: file("instances/\(name)/events/enable"))
        try endTracer(instance: name)
        return true
    }

    /// A tracer costs time even while recording is off.
    private func endTracer(instance name: String) throws(TracefsError) {
        guard let tracer = try? currentTracer(instance: name), tracer != "nop" else { return }
        let lock = try InstancesLock.removing(self)
        defer { withExtendedLifetime(lock) {} }
        // Refused while a reader has a pipe open. Removing the instance ends it too.
        guard (try? ControlFile.write("nop", to: file("instances/\(name)/current_tracer"))) != nil else { return }
        if tracer == FunctionTracer.functionGraph.rawValue { graphsEnded() }
    }

    /// Removes the hist triggers of an instance if nobody has locked it, and nobody keeps it for a successor.
    ///
    /// - Returns: whether it did.
    private func clearHistogramsOfDead(instance: String) -> Bool {
        guard !isKept(instance: instance),
            let pin = try? OpenFile(file("instances/\(instance)/tracing_on"), flags: O_RDWR), pin.tryLock()
        else {
            return false
        }
        return clearHistograms(instance: instance)
    }

    /// Removes all hist triggers of an instance, because an instance that has some with variables cannot be removed
    /// (save_hist_vars in kernel/trace/trace_events_hist.c). A trigger whose variable another trigger uses can only be
    /// removed after that one.
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
        // Each round removes at least one more trigger of a chain.
        for _ in 0..<found where !files.isEmpty {
            for path in files { try? ControlFile.truncate(path) }
            keepThoseWithHistograms()
        }
        return found > 0
    }
}
