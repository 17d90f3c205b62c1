import CPerfEvent
import Glibc

/// Why a counter could not be opened, with the errno of perf_event_open(2).
public struct PerfError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Of the call that failed.
    public let errno: Int32

    /// From an errno value.
    public init(errno: Int32) {
        self.errno = errno
    }

    /// A message for people. It does not have the counter's name.
    public var description: String {
        switch errno {
        case ENOENT, EOPNOTSUPP, ENODEV, ENXIO, Self.notSupported: "not supported on this node"
        case EACCES, EPERM: "not permitted (kernel.perf_event_paranoid; it needs CAP_PERFMON)"
        case EMFILE: "too many open files: each counter takes one for each CPU (raise LimitNOFILE)"
        case EINVAL: "refused by this kernel"
        case ENOSPC: "the processor has too few counters (fewer counters at a time, or no pinned ones elsewhere)"
        case EBUSY: "another program has the counter for itself"
        case ENOMEM: "the node has too little memory for it"
        case ENOSYS: "this kernel is built without perf events"
        default: String(cString: strerror(errno))
        }
    }

    /// Whether this counter does not exist here. Other errors concern all counters.
    public var meansUnsupported: Bool {
        [ENOENT, EOPNOTSUPP, ENODEV, ENXIO, EINVAL, Self.notSupported].contains(errno)
    }

    /// ENOTSUPP of include/linux/errno.h: not meant for programs, but some drivers return it.
    private static let notSupported: Int32 = 524
}
