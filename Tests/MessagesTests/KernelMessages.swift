import Glibc
import SystemFacts
import Testing
import TextPatterns

@testable import PerfCounters
@testable import Tracefs

private let event = EventName("sched:sched_switch")
private let logged = ErrorLogEntry(
    source: "event filter parse error", message: "Field not found", command: "prev_foo == 3", caret: 9)

extension TracefsError: Sampled {
    enum Kind: CaseIterable {
        case notPermitted, lockedDown, noTracefs, missingFile, failed, instanceExists, instanceBusy, instanceRemoved,
            pipeClosed, rejected, unknownEvent, malformed, tooLarge, unsupported, invalidArgument
    }

    var kind: Kind {
        switch self {
        case .notPermitted: .notPermitted
        case .lockedDown: .lockedDown
        case .noTracefs: .noTracefs
        case .missingFile: .missingFile
        case .failed: .failed
        case .instanceExists: .instanceExists
        case .instanceBusy: .instanceBusy
        case .instanceRemoved: .instanceRemoved
        case .pipeClosed: .pipeClosed
        case .rejected: .rejected
        case .unknownEvent: .unknownEvent
        case .malformed: .malformed
        case .tooLarge: .tooLarge
        case .unsupported: .unsupported
        case .invalidArgument: .invalidArgument
        }
    }

    static var samples: [TracefsError] {
        let path = "/sys/kernel/tracing/instances/fleetrace-web-1-1a/trace_clock"
        let failures: [(Operation, Int32)] = [
            (.open, ENOENT), (.write, EBUSY), (.write, 524), (.write, ENODEV), (.write, EINVAL), (.create, ENOSPC),
            (.write, ENOMEM), (.open, EMFILE), (.read, EIO),
        ]
        return [
            .notPermitted(operation: .open, path: path, errno: EACCES),
            .notPermitted(operation: .write, path: path, errno: EPERM), .lockedDown(path: path),
            .noTracefs(reason: "it is not mounted"), .missingFile(path: path, meaning: "it has no trace clocks"),
            .instanceExists(name: "fleetrace-web-1-1a"), .instanceBusy(name: "fleetrace-web-1-1a"),
            .instanceRemoved(name: "fleetrace-web-1-1a"), .pipeClosed(path: path),
            .rejected(KernelRejection(kind: .filter, event: event, text: "prev_foo == 3", log: logged, errno: EINVAL)),
            .rejected(KernelRejection(kind: .filter, event: event, text: "prev_foo ==", log: nil, errno: EPERM)),
            .rejected(KernelRejection(kind: .filter, event: event, text: "prev_foo ==", log: nil, errno: ENOMEM)),
            .rejected(KernelRejection(kind: .trigger, event: event, text: "nosuch", log: nil, errno: EINVAL)),
            .rejected(KernelRejection(kind: .trigger, event: event, text: "snapshot", log: nil, errno: 524)),
            .rejected(KernelRejection(kind: .trigger, event: event, text: "traceoff", log: nil, errno: EEXIST)),
            .rejected(KernelRejection(kind: .dynamicEvent, event: nil, text: "p:a/b vfs", log: nil, errno: ENOENT)),
            .unknownEvent(UnknownEvent(pattern: "sched:nosuch", suggestions: [])),
            .unknownEvent(UnknownEvent(pattern: "sched:sched_swich", suggestions: ["sched:sched_switch"])),
            .unknownEvent(UnknownEvent(pattern: "/etc", suggestions: [])),
            .malformed(path: path, reason: "no clock is chosen"), .tooLarge(path: path, limit: 1 << 20),
            .unsupported(what: "hist triggers", reason: "it was built without CONFIG_HIST_TRIGGERS"),
            .invalidArgument(name: "filter", value: "", reason: "it must have 1 to 4095 bytes of text"),
        ] + failures.map { .failed(operation: $0, path: path, errno: $1) }
    }
}

extension SystemError: Sampled {
    enum Kind: CaseIterable { case failed, malformed, tooLarge, invalidArgument }

    var kind: Kind {
        switch self {
        case .failed: .failed
        case .malformed: .malformed
        case .tooLarge: .tooLarge
        case .invalidArgument: .invalidArgument
        }
    }

    static var samples: [SystemError] {
        [
            .failed(operation: .read, path: "/proc/kallsyms", errno: EPERM),
            .malformed(path: "/proc/cpuinfo", reason: "it names no CPU"), .tooLarge(path: "/proc/kallsyms", limit: 64),
            .invalidArgument(name: "CPU", value: "99999", reason: "it must be below 8192"),
        ]
    }
}

@Suite struct KernelMessages {
    @Test("Errors of tracefs and of the system, with every errno that a user can cause")
    func kernel() throws {
        let perf = [ENOENT, EOPNOTSUPP, 524, ENODEV, EACCES, EPERM, EMFILE, EINVAL, ENOSYS, ENOSPC, ENOMEM, EBUSY].map {
            Snapshot.Message(cause: "PerfError \($0)", text: "instructions: \(PerfError(errno: $0))")
        }
        try Snapshot.compare(TracefsError.messages() + SystemError.messages() + perf, with: "Kernel")
    }
}
