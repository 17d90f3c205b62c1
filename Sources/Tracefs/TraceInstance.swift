import CLinux
import Glibc
import Synchronization

/// A tracefs instance of our own: buffers, clock, events and filters apart from everybody else's.
///
/// While it lives it has its `tracing_on` open and locked. That makes switching one write(2) on an open descriptor, and
/// it pins the instance in the kernel, so that ``TracefsRoot/removeStaleInstances(prefix:)`` of another agent leaves it
/// alone. It is removed by ``remove()``, or when the last reference to it goes.
///
/// Its methods may be called from any thread; each is one or a few system calls.
public final class TraceInstance: Sendable {
    /// The tracefs in which it is.
    public let root: TracefsRoot
    /// Its name below `instances/`.
    public let name: String
    /// Its directory.
    public let path: String
    let state: Mutex<State>

    struct State: ~Copyable {
        /// Also the pin. Nil once ``remove()`` has begun.
        var tracingOn: OpenFile?
        var isRemoved = false
        var pipes: [RawPipe] = []
        /// What this object has written to `set_event_notrace_pid`.
        var notracePIDs: Set<Int32> = []
    }

    private init(root: TracefsRoot, name: String, path: String, tracingOn: consuming OpenFile) {
        self.root = root
        self.name = name
        self.path = path
        self.state = Mutex(State(tracingOn: tracingOn))
    }

    deinit {
        // The last resort: an error has nobody left to go to.
        try? remove()
    }

    /// Makes an instance with recording off and no event enabled.
    ///
    /// The kernel allocates the default buffers at once (1.4 MB for each possible CPU);
    /// ``setBufferSize(kilobytesPerCPU:)`` comes after that.
    ///
    /// - Parameter name: letters, digits, `.`, `_` and `-`, not starting with a dot, at most 200 bytes.
    /// - Throws: ``TracefsError/instanceExists(name:)`` and others.
    public static func create(in root: TracefsRoot, name: String) throws(TracefsError) -> TraceInstance {
        guard isValidName(name) else {
            throw .invalidArgument(
                name: "instance name", value: name, reason: "it takes 1 to 200 letters, digits, '.', '_' and '-'")
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

    /// After the removal every file is missing; that is then the reason.
    func describing(_ error: TracefsError) -> TracefsError {
        state.withLock { $0.isRemoved } ? .instanceRemoved(name: name) : error
    }
}
