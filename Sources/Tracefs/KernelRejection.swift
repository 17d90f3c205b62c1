import SystemFacts
import TextPatterns

/// A filter, trigger or dynamic event that the kernel refused, with the kernel's explanation.
public struct KernelRejection: Error, Sendable, Equatable {
    /// What was written.
    public enum Kind: String, Sendable {
        case filter, trigger, dynamicEvent = "dynamic event"
    }

    /// What was written.
    public let kind: Kind
    /// The event of the filter or trigger.
    public let event: EventName?
    /// The text that was written.
    public let text: String
    /// The entry that this write added to the instance's `error_log`, or nil if there is none.
    public let log: ErrorLogEntry?
    /// The errno of the write(2).
    public let errno: Int32

    init(kind: Kind, event: EventName?, text: String, log: ErrorLogEntry?, errno: Int32) {
        self.kind = kind
        self.event = event
        self.text = text
        self.log = log
        self.errno = errno
    }
}

extension KernelRejection: CustomStringConvertible {
    /// One line. If there is an entry in the error log, the command and a caret follow:
    /// ```
    /// the kernel refused the filter of sched:sched_switch: Field not found
    ///   prev_foo == 3
    ///            ^
    /// ```
    public var description: String {
        let target = event.map { " of \($0)" } ?? ""
        guard let log else {
            return "the kernel refused the \(kind.rawValue)\(target) \"\(text)\": \(reason)"
        }
        var lines = ["the kernel refused the \(kind.rawValue)\(target): \(log.message)", "  " + log.command]
        if let caret = log.caret { lines.append("  " + String(repeating: " ", count: caret) + "^") }
        return lines.joined(separator: "\n")
    }

    /// Where the kernel gives no more than an errno.
    private var reason: String {
        switch (kind, errno) {
        case (.trigger, Errno.invalid):
            "no trigger of this kernel, or malformed (the event's file \"trigger\" lists those that it has)"
        case (.trigger, Errno.exists): "the event has such a trigger already"
        case (_, Errno.permission), (_, Errno.access): "it does not allow this here"
        default: errnoText(errno)
        }
    }
}
