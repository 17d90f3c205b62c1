import Glibc

/// Why a trace.dat file could not be written.
public struct TraceDatWriteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// What failed.
    public var reason: Reason

    /// The kinds of failure.
    public enum Reason: Sendable, Equatable {
        /// A system call failed; `errno`.
        case system(call: String, errno: Int32)
        /// The compression library failed.
        case compression(String)
        /// A part has more bytes than its length field can hold.
        case tooLarge(String, bytes: Int)
    }

    /// A failure at `path`.
    public init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    /// One line for the person who wanted the file.
    public var description: String {
        switch reason {
        case .system(_, EEXIST): "\(path) exists already; nothing is overwritten"
        case .system(_, ENOSPC): "cannot write \(path): the disk is full"
        case .system(let call, let code): "cannot write \(path): \(call): \(String(cString: strerror(code)))"
        case .compression(let message): "cannot write \(path): zstd: \(message)"
        case .tooLarge(let part, let bytes): "cannot write \(path): its \(part) would have \(bytes) bytes"
        }
    }
}
