import CLinux
import Glibc
import Synchronization

/// A private tracefs instance. Its buffers, clock, events and filters are separate from those of other users.
///
/// While it exists it keeps its `tracing_on` open and locked. So switching recording is one write(2) on an open
/// descriptor, and the instance is pinned in the kernel: ``TracefsRoot/removeStaleInstances(prefix:)`` of another agent
/// does not remove it. ``remove()`` removes it, or the release of the last reference, unless ``leave()`` has left it to
/// another process.
///
/// Its methods may be called from any thread. Each makes one or a few system calls.
public final class TraceInstance: Sendable {
    /// The tracefs that contains it.
    public let root: TracefsRoot
    /// Its name below `instances/`.
    public let name: String
    /// Its directory.
    public let path: String
    let state: Mutex<State>

    struct State: ~Copyable {
        /// The open file that pins the instance. Nil once ``remove()`` has started.
        var tracingOn: OpenFile?
        var isRemoved = false
        var pipes: [RawPipe] = []
        /// The ids that this object has written to `set_event_notrace_pid`.
        var notracePIDs: Set<Int32> = []
        /// A tracer of functions has the same list.
        var hasTracer = false
    }

    /// - Parameters:
    ///   - notracePIDs: what stands in `set_event_notrace_pid` already.
    ///   - hasTracer: a tracer of functions is in use.
    init(
        root: TracefsRoot, name: String, path: String, tracingOn: consuming OpenFile, notracePIDs: Set<Int32> = [],
        hasTracer: Bool = false
    ) {
        self.root = root
        self.name = name
        self.path = path
        self.state = Mutex(State(tracingOn: tracingOn, notracePIDs: notracePIDs, hasTracer: hasTracer))
    }

    deinit {
        // The last resort. Nobody can handle an error here.
        try? remove()
    }

    /// Creates an instance with recording off and no event enabled.
    ///
    /// The kernel allocates the default buffers immediately (1.4 MB for each possible CPU).
    /// ``setBufferSize(kilobytesPerCPU:)`` can change their size afterwards.
    ///
    /// - Parameter name: letters, digits, `.`, `_` and `-`, not starting with a dot, at most 200 bytes.
    /// - Throws: ``TracefsError/instanceExists(name:)`` and others.
    public static func create(in root: TracefsRoot, name: String) throws(TracefsError) -> TraceInstance {
        guard isValidName(name) else {
            throw .invalidArgument(
                name: "instance name", value: name, reason: "it must have 1 to 200 letters, digits, '.', '_' and '-'")
        }
        let path = root.file("instances/\(name)")
        let lock = try InstancesLock.making(root)
        defer { withExtendedLifetime(lock) {} }
        let made = linux_mkdir(path)
        guard made == 0 else {
            throw made == -Errno.exists ? .instanceExists(name: name) : .systemCall(.create, path, -made)
        }
        do throws(TracefsError) {
            let tracingOn = try OpenFile(path + "/tracing_on", flags: O_RDWR)
            try tracingOn.lock()
            try tracingOn.write("0")
            return TraceInstance(root: root, name: name, path: path, tracingOn: tracingOn)
        } catch {
            _ = linux_rmdir(path)
            throw error
        }
    }

    static func isValidName(_ name: String) -> Bool {
        guard !name.isEmpty, name.utf8.count <= 200, !name.hasPrefix(".") else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// Path of a file of the instance.
    func file(_ relative: String) -> String { path + "/" + relative }

    /// Writes one command to a file of the instance.
    func write(_ text: String, to relative: String, meaning: String) throws(TracefsError) {
        do {
            try ControlFile.write(text, to: file(relative))
        } catch {
            throw describing(error.explainingMissing(file(relative), meaning))
        }
    }

    /// After the removal every file is missing, so the error becomes ``TracefsError/instanceRemoved(name:)``.
    func describing(_ error: TracefsError) -> TracefsError {
        state.withLock { $0.isRemoved } ? .instanceRemoved(name: name) : error
    }
}
