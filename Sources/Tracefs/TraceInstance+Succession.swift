import CLinux
import Glibc
import SystemFacts

/// An instance that outlives the process that made it.
extension TraceInstance {
    /// A process that dies closes its files a moment later, and its guard may look at the instance just now.
    private static let attempts = 100
    private static let pause = Duration.milliseconds(10)

    /// Takes over an instance that a process has left, as it is: what records goes on recording.
    ///
    /// - Throws: ``TracefsError/instanceBusy(name:)`` if another process has it, ``TracefsError/instanceRemoved(name:)`` if
    ///   there is none.
    public static func takeOver(in root: TracefsRoot, name: String) throws(TracefsError) -> TraceInstance {
        guard isValidName(name), ControlFile.exists(root.file("instances/\(name)")) else {
            throw .instanceRemoved(name: name)
        }
        let path = root.file("instances/\(name)")
        let lock = try InstancesLock.making(root)
        defer { withExtendedLifetime(lock) {} }
        let tracingOn = try OpenFile(path + "/tracing_on", flags: O_RDWR)
        var isOwned = tracingOn.tryLock()
        for _ in 0..<attempts where !isOwned {
            linux_sleep_nanoseconds(UInt64(pause.wholeNanoseconds))
            isOwned = tracingOn.tryLock()
        }
        guard isOwned else { throw .instanceBusy(name: name) }
        let listed = (try? ControlFile.text(path + "/" + eventExclusions)) ?? ""
        return TraceInstance(
            root: root, name: name, path: path, tracingOn: tracingOn,
            notracePIDs: Set(listed.split(separator: "\n").compactMap { Int32($0) }),
            hasTracer: (try? root.currentTracer(instance: name)).flatMap(FunctionTracer.init) != nil)
    }

    /// Closes every file that this object has opened and leaves the instance as it is, for another process. Afterwards
    /// this object is as after ``remove()``.
    public func leave() {
        state.withLock { state in
            for pipe in state.pipes { pipe.close() }
            state.pipes = []
            state.tracingOn = nil
            state.isRemoved = true
        }
    }
}
