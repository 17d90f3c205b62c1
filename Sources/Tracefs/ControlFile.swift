import CLinux
import Glibc
import SystemFacts

/// An open file, closed when it goes out of scope.
struct OpenFile: ~Copyable, Sendable {
    let descriptor: Int32
    let path: String

    /// Opens with O_CLOEXEC. EINTR is retried.
    init(_ path: String, flags: Int32, operation: TracefsError.Operation = .open) throws(TracefsError) {
        var fd = linux_open(path, flags)
        while fd == -Errno.interrupted { fd = linux_open(path, flags) }
        guard fd >= 0 else { throw .systemCall(operation, path, -fd) }
        self.descriptor = fd
        self.path = path
    }

    deinit { close(descriptor) }

    /// Locks the file (flock(2)) until it is closed. Waits while others hold a conflicting lock.
    ///
    /// - Parameter kind: LOCK_EX, or LOCK_SH for a shared lock.
    func lock(_ kind: Int32 = LOCK_EX) throws(TracefsError) {
        while flock(descriptor, kind) != 0 {
            guard errno == EINTR else { throw .systemCall(.open, path, errno) }
        }
    }

    /// Locks the file unless another process has locked it. Returns whether it did.
    func tryLock() -> Bool { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }

    /// One write(2) with all bytes, because the kernel's control files read each call as one command.
    func write(_ bytes: UnsafeRawBufferPointer) throws(TracefsError) {
        while true {
            let n = linux_write(descriptor, bytes.baseAddress, bytes.count)
            if n == -Int(Errno.interrupted) { continue }
            guard n >= 0 else { throw .systemCall(.write, path, Int32(-n)) }
            guard n == bytes.count else {
                throw .malformed(path: path, reason: "it accepted \(n) of \(bytes.count) bytes")
            }
            return
        }
    }

    /// One write(2) of a text; see ``write(_:)-(UnsafeRawBufferPointer)``.
    func write(_ text: String) throws(TracefsError) {
        var text = text
        let result: Result<Void, TracefsError> = text.withUTF8 { bytes in
            do throws(TracefsError) {
                return .success(try write(UnsafeRawBufferPointer(bytes)))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}

/// Whole reads and single writes of tracefs, procfs and sysfs files.
enum ControlFile {
    /// The whole file.
    ///
    /// - Throws: ``TracefsError/tooLarge(path:limit:)`` beyond `limit` bytes.
    static func read(_ path: String, limit: Int = SystemFile.usualLimit) throws(TracefsError) -> [UInt8] {
        try TracefsError.translating { () throws(SystemError) in try SystemFile.read(path, limit: limit) }
    }

    /// At most `bytes` from the start of the file.
    static func beginning(of path: String, bytes limit: Int) throws(TracefsError) -> [UInt8] {
        let file = try OpenFile(path, flags: O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: limit)
        var count = 0
        while count < limit {
            let added = bytes.withUnsafeMutableBytes {
                Glibc.read(file.descriptor, $0.baseAddress.map { $0 + count }, limit - count)
            }
            if added < 0, errno == EINTR { continue }
            guard added >= 0 else { throw .systemCall(.read, path, errno) }
            guard added > 0 else { break }
            count += added
        }
        return Array(bytes[..<count])
    }

    /// The whole file as text. Bytes that are not UTF-8 are replaced.
    static func text(_ path: String, limit: Int = SystemFile.usualLimit) throws(TracefsError) -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// Opens the file for writing, with `flags` such as O_TRUNC or O_APPEND, and writes once.
    static func write(_ text: String, to path: String, flags: Int32 = 0) throws(TracefsError) {
        let file = try OpenFile(path, flags: O_WRONLY | flags)
        try file.write(text)
    }

    /// Opens the file with O_TRUNC, as `echo > file` does. This clears a tracefs file.
    static func truncate(_ path: String) throws(TracefsError) {
        _ = try OpenFile(path, flags: O_WRONLY | O_TRUNC)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}

/// The names in a directory, without `.` and `..`, sorted.
enum Directory {
    static func names(_ path: String) throws(TracefsError) -> [String] {
        try TracefsError.translating { () throws(SystemError) in try SystemFile.names(in: path) }
    }
}

extension TracefsError {
    /// The same error, but a missing file becomes ``missingFile(path:meaning:)``.
    func explainingMissing(_ path: String, _ meaning: @autoclosure () -> String) -> TracefsError {
        isMissingFile ? .missingFile(path: path, meaning: meaning()) : self
    }

    /// Whether the file could not be opened because it does not exist.
    var isMissingFile: Bool {
        if case .failed(.open, _, let errno) = self { errno == Errno.noEntry } else { false }
    }
}
