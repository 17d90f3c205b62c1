import CLinux
import Glibc
import Synchronization
import SystemFacts

/// A file of records to which one process appends, so that its successor knows what it was doing. Thread-safe.
///
/// Each record is one write(2), so it outlives the process that is killed after it. It is not synchronized: what a
/// machine was doing before it lost power is no longer true of it.
public final class JournalFile: Sendable {
    public let path: String
    /// What an earlier process has written.
    public let found: [[UInt8]]
    /// Bytes of a torn or damaged end that were cut off.
    public let cut: Int
    private let header: [UInt8]
    private let state: Mutex<Int32>

    /// A journal has few records, each of some kilobytes. A longer file is none.
    private static let limit = 256 << 20

    /// Opens the journal, or makes an empty one: also in the place of a file that begins otherwise.
    ///
    /// - Parameter header: says what the records are and of which version, in 8 bytes of ASCII.
    public init(at path: String, header: String) throws(SystemError) {
        self.path = path
        self.header = Array(header.utf8)
        let bytes = linux_exists(path) ? try SystemFile.read(path, limit: Self.limit) : []
        let isOurs = bytes.starts(with: self.header)
        let (contents, end) = isOurs ? JournalRecords.read(bytes[self.header.count...]) : ([], 0)
        found = contents
        cut = bytes.count - end
        guard isOurs else {
            state = Mutex(-1)
            try replace(with: [])
            return
        }
        state = Mutex(try Self.open(path, flags: O_RDWR))
        guard cut > 0 else { return }
        let descriptor = state.withLock { $0 }
        guard ftruncate(descriptor, off_t(end)) == 0 else {
            throw .failed(operation: .write, path: path, errno: errno)
        }
    }

    deinit {
        state.withLock { if $0 >= 0 { close($0) } }
    }

    /// Adds a record behind the others.
    public func append(_ content: some Collection<UInt8>) throws(SystemError) {
        let bytes = JournalRecords.encode(content)
        let failure = state.withLock { Self.write(bytes, to: $0, path) }
        if let failure { throw failure }
    }

    /// Leaves only these records, at once: whoever opens the file finds the earlier ones or these.
    public func replace(with contents: [[UInt8]]) throws(SystemError) {
        let bytes = header + contents.flatMap { JournalRecords.encode($0) }
        let next = path + ".new"
        let failure: SystemError? = state.withLock { current in
            do throws(SystemError) {
                let descriptor = try Self.open(next, flags: O_RDWR | O_CREAT | O_TRUNC)
                if let failure = Self.write(bytes, to: descriptor, next) {
                    close(descriptor)
                    return failure
                }
                guard rename(next, path) == 0 else {
                    let code = errno
                    close(descriptor)
                    return .failed(operation: .create, path: path, errno: code)
                }
                if current >= 0 { close(current) }
                current = descriptor
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    private static func open(_ path: String, flags: Int32) throws(SystemError) -> Int32 {
        let descriptor = linux_open_private(path, flags | O_APPEND)
        guard descriptor >= 0 else { throw .failed(operation: .open, path: path, errno: -descriptor) }
        return descriptor
    }

    /// A record that is not whole in the file is cut off again: those after it would not be found.
    private static func write(_ bytes: [UInt8], to descriptor: Int32, _ path: String) -> SystemError? {
        let end = lseek(descriptor, 0, SEEK_END)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { linux_write(descriptor, $0.baseAddress, $0.count) }
            if count == -Int(EINTR) { continue }
            guard count > 0 else {
                if end >= 0 { _ = ftruncate(descriptor, end) }
                return .failed(operation: .write, path: path, errno: count < 0 ? Int32(-count) : EIO)
            }
            written += count
        }
        return nil
    }
}
