import CLinux
import Glibc

/// Why a fact about this machine could not be read, or a thread could not be set up.
public enum SystemError: Error, Sendable, Equatable {
    /// A failed system call.
    case failed(operation: Operation, path: String, errno: Int32)
    /// A kernel file with unexpected content.
    case malformed(path: String, reason: String)
    /// A kernel file that is larger than the limit.
    case tooLarge(path: String, limit: Int)
    /// An argument that cannot be passed to the kernel.
    case invalidArgument(name: String, value: String, reason: String)

    /// The system call that failed, as a verb.
    public enum Operation: String, Sendable {
        case open, read, write, create, remove, list, mount, poll
    }
}

extension SystemError: CustomStringConvertible {
    /// What failed and on which file.
    public var description: String {
        switch self {
        case .failed(let operation, let path, let errno):
            "cannot \(operation.rawValue) \(path): \(errnoText(errno))"
        case .malformed(let path, let reason):
            "cannot read \(path): \(reason)"
        case .tooLarge(let path, let limit):
            "\(path) is larger than \(limit) bytes"
        case .invalidArgument(let name, let value, let reason):
            "\(name) \"\(value.prefix(80))\": \(reason)"
        }
    }
}

/// The text of an errno value, in lower case for use within a sentence: `permission denied`.
public func errnoText(_ errno: Int32) -> String {
    // Of include/linux/errno.h: not meant for programs, but tracefs lets them through, and the C library has no text.
    if errno == 524 { return "not supported by this kernel (ENOTSUPP)" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let base = buffer.baseAddress else { return "error \(errno)" }
        linux_error_text(errno, base, buffer.count)
        let text = String(cString: base)
        // "RPC failed" keeps its capitals, "Permission denied" does not.
        guard let second = text.dropFirst().first, second.isLowercase else { return text }
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
