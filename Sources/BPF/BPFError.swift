import Glibc

/// Why a map or a program could not be made, or not be attached.
public enum BPFError: Error, Sendable, Equatable {
    /// A program that cannot be written down.
    case assembly(String)
    /// A failed system call.
    case failed(String, errno: Int32)
    /// The kernel's verifier does not accept a program: the last lines of what it writes.
    case rejected(errno: Int32, lines: [String])
}

extension BPFError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .assembly(let reason): "the eBPF program cannot be made: \(reason)"
        case .failed(let what, ENOSYS): "\(what): this kernel is built without eBPF"
        case .failed(let what, EPERM):
            "\(what): not permitted (it needs CAP_BPF and CAP_PERFMON, and no lockdown of confidentiality)"
        case .failed(let what, let errno): "\(what): \(String(cString: strerror(errno)))"
        case .rejected(let errno, let lines):
            lines.isEmpty
                ? "the kernel refuses the eBPF program: \(String(cString: strerror(errno)))"
                : "the kernel's verifier refuses the eBPF program: \(lines.joined(separator: " | "))"
        }
    }
}
