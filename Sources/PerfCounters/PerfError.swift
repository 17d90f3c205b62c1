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
        case ENOENT, EOPNOTSUPP, ENODEV, ENXIO: "not supported on this node"
        case EACCES, EPERM: "not permitted (kernel.perf_event_paranoid; it needs CAP_PERFMON)"
        case EMFILE: "too many open files: each counter takes one for each CPU (raise LimitNOFILE)"
        case EINVAL: "refused by this kernel"
        case ENOSYS: "this kernel is built without perf events"
        default: String(cString: strerror(errno))
        }
    }

    /// Whether this counter does not exist here. Other errors concern all counters.
    public var meansUnsupported: Bool {
        [ENOENT, EOPNOTSUPP, ENODEV, ENXIO, EINVAL].contains(errno)
    }
}
