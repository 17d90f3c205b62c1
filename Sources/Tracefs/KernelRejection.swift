import SystemFacts
import TextPatterns

/// The kernel's own words on a filter or trigger that it did not accept.
public struct KernelRejection: Error, Sendable, Equatable {
    /// What was written.
    public enum Kind: String, Sendable {
        case filter, trigger, dynamicEvent = "dynamic event"
    }

    /// What was written.
    public let kind: Kind
    /// The event it was meant for, if it was for one.
    public let event: EventName?
    /// The text that was written.
    public let text: String
    /// The entry that this write left in the instance's `error_log`; nil if the kernel kept none.
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
    /// One line, and with an entry of the error log the command and a caret below it:
    /// ```
    /// the kernel refused the filter of sched:sched_switch: Field not found
    ///   prev_foo == 3
    ///            ^
    /// ```
    public var description: String {
        let target = event.map { " of \($0)" } ?? ""
        guard let log else {
            return "the kernel refused the \(kind.rawValue)\(target) \"\(text)\": \(errnoText(errno))"
        }
        var lines = ["the kernel refused the \(kind.rawValue)\(target): \(log.message)", "  " + log.command]
        if let caret = log.caret { lines.append("  " + String(repeating: " ", count: caret) + "^") }
        return lines.joined(separator: "\n")
    }
}
