import SystemFacts
import TextPatterns

/// An error of a node's tracefs. Every description is ready to be shown to a user: it has the file or event, the
/// kernel's reason and, where known, the remedy.
public enum TracefsError: Error, Sendable, Equatable {
    /// EACCES or EPERM.
    case notPermitted(operation: Operation, path: String, errno: Int32)
    /// The kernel is locked down for confidentiality, so that even root cannot use tracefs (LOCKDOWN_TRACEFS).
    case lockedDown(path: String)
    /// The kernel has no tracefs, or it is not mounted and may not or cannot be mounted.
    case noTracefs(reason: String)
    /// A control file that this kernel does not have, and what follows from that.
    case missingFile(path: String, meaning: String)
    /// Any other failed system call.
    case failed(operation: Operation, path: String, errno: Int32)
    /// An instance with this name exists already.
    case instanceExists(name: String)
    /// The instance cannot be removed, because a process still has one of its files open.
    case instanceBusy(name: String)
    /// The instance was removed before this call.
    case instanceRemoved(name: String)
    /// The pipe was closed before this call.
    case pipeClosed(path: String)
    /// The kernel refused a filter, trigger or dynamic event.
    case rejected(KernelRejection)
    /// A pattern that selects no event.
    case unknownEvent(UnknownEvent)
    /// A kernel file with unexpected content.
    case malformed(path: String, reason: String)
    /// A kernel file that is larger than the limit.
    case tooLarge(path: String, limit: Int)
    /// A feature that this kernel does not have as it was built or booted.
    case unsupported(what: String, reason: String)
    /// An argument that cannot be passed to the kernel.
    case invalidArgument(name: String, value: String, reason: String)

    public typealias Operation = SystemError.Operation
}

extension TracefsError: CustomStringConvertible {
    /// What failed, on which file, and the remedy.
    public var description: String {
        switch self {
        case .notPermitted(let operation, let path, let errno):
            "cannot \(operation.rawValue) \(path): \(errnoText(errno)) "
                + (operation == .open || operation == .mount
                    ? "(run the agent as root or give it CAP_SYS_ADMIN and access to tracefs)"
                    : "(the kernel does not allow it, or a security module such as SELinux)")
        case .lockedDown(let path):
            "cannot open \(path): the kernel is locked down for confidentiality "
                + "(boot without lockdown=confidentiality, or leave this node out)"
        case .noTracefs(let reason):
            "no tracefs on this node: \(reason)"
        case .missingFile(let path, let meaning):
            "no \(path) on this kernel: \(meaning)"
        case .failed(let operation, let path, let errno):
            "cannot \(operation.rawValue) \(path): \(errnoText(errno))"
        case .instanceExists(let name):
            "a trace instance \"\(name)\" exists already (another agent's, or left over from one)"
        case .instanceBusy(let name):
            "cannot remove trace instance \"\(name)\": a process still has one of its files open"
        case .instanceRemoved(let name):
            "trace instance \"\(name)\" has been removed"
        case .pipeClosed(let path):
            "\(path) has been closed"
        case .rejected(let rejection):
            rejection.description
        case .unknownEvent(let unknown):
            unknown.description
        case .malformed(let path, let reason):
            "\(path) has content that is not known here: \(reason)"
        case .tooLarge(let path, let limit):
            "\(path) is larger than \(limit) bytes"
        case .unsupported(let what, let reason):
            "this kernel does not offer \(what): \(reason)"
        case .invalidArgument(let name, let value, let reason):
            "\(name) \"\(value.prefix(80))\": \(reason)"
        }
    }
}

extension TracefsError {
    /// A system error as a tracefs error.
    public init(_ error: SystemError) {
        self =
            switch error {
            case .failed(let operation, let path, let errno): .systemCall(operation, path, errno)
            case .malformed(let path, let reason): .malformed(path: path, reason: reason)
            case .tooLarge(let path, let limit): .tooLarge(path: path, limit: limit)
            case .invalidArgument(let name, let value, let reason):
                .invalidArgument(name: name, value: value, reason: reason)
            }
    }

    /// Runs `body` and converts its errors to tracefs errors.
    public static func translating<Value>(_ body: () throws(SystemError) -> Value) throws(TracefsError) -> Value {
        do throws(SystemError) { return try body() } catch { throw TracefsError(error) }
    }

    /// The error of a failed system call. EACCES and EPERM become errors with a remedy. EPERM on a kernel in lockdown
    /// becomes ``lockedDown(path:)``.
    static func systemCall(_ operation: Operation, _ path: String, _ errno: Int32) -> TracefsError {
        switch errno {
        case Errno.permission where Lockdown.isConfidential: .lockedDown(path: path)
        case Errno.access, Errno.permission: .notPermitted(operation: operation, path: path, errno: errno)
        default: .failed(operation: operation, path: path, errno: errno)
        }
    }

    /// The errno of a write that the kernel refused. The file was open already, so EPERM is about the text, not about who
    /// writes it.
    var writeErrno: Int32? {
        switch self {
        case .failed(.write, _, let errno), .notPermitted(.write, _, let errno): errno
        default: nil
        }
    }

    /// The errno, if a system call failed.
    public var errno: Int32? {
        switch self {
        case .notPermitted(_, _, let errno), .failed(_, _, let errno): errno
        default: nil
        }
    }
}
