import CLinux
import Glibc

/// The errno values that are told apart here.
enum Errno {
    static let permission = EPERM
    static let noEntry = ENOENT
    static let interrupted = EINTR
    static let again = EAGAIN
    static let access = EACCES
    static let busy = EBUSY
    static let exists = EEXIST
    static let noDevice = ENODEV
    static let invalid = EINVAL
}

/// The text of an errno value, in lower case as within a sentence: `permission denied`.
func errnoText(_ errno: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let base = buffer.baseAddress else { return "error \(errno)" }
        linux_error_text(errno, base, buffer.count)
        let text = String(cString: base)
        // "RPC failed" keeps its capitals, "Permission denied" does not.
        guard let second = text.dropFirst().first, second.isLowercase else { return text }
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
