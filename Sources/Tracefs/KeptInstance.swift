import Glibc

/// Keeps an instance whose owner has died from being removed by others, so that a successor can take it over.
///
/// An open file of it makes rmdir(2) fail (EBUSY), and a lock on it says that histograms stay too. It is not the file that
/// owners lock: a successor needs no permission of the keeper.
public struct KeptInstance: ~Copyable {
    static let lockedFile = "buffer_size_kb"

    private let file: OpenFile

    /// - Throws: if there is no such instance.
    public init(_ name: String, in root: TracefsRoot) throws(TracefsError) {
        let file = try OpenFile(root.file("instances/\(name)/\(Self.lockedFile)"), flags: O_RDONLY)
        try file.lock(LOCK_SH)
        self.file = file
    }
}

extension TracefsRoot {
    /// Whether a live process owns an instance: its lock on `tracing_on` shows that.
    ///
    /// - Throws: when the instance does not exist.
    public func isOwned(instance name: String) throws(TracefsError) -> Bool {
        try !OpenFile(file("instances/\(name)/tracing_on"), flags: O_RDONLY).tryLock()
    }

    /// Whether somebody keeps an instance for a successor of its owner.
    func isKept(instance name: String) -> Bool {
        guard
            let file = try? OpenFile(file("instances/\(name)/\(KeptInstance.lockedFile)"), flags: O_RDONLY)
        else { return false }
        return !file.tryLock()
    }
}
