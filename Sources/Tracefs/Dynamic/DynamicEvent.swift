import TextPatterns

/// An event that was added to this kernel: a line of `dynamic_events`.
public struct DynamicEvent: Sendable, Hashable {
    /// The kind of probe.
    public enum Kind: String, Sendable, Hashable {
        case kprobe, kretprobe, uprobe, uretprobe, fprobe, tracepoint, eprobe, synthetic
    }

    /// Its group and name in the kernel.
    public let event: EventName
    /// The line in the kernel's list. The kernel may resolve parts of the original definition: addresses, `$arg1`.
    public let definition: String
    public let kind: Kind
    /// The second word: a symbol with an offset, an address, or `PATH:OFFSET`. Empty for synthetic events.
    public let location: String

    /// Reads a line, for example `p:kprobes/open do_filp_open dfd=%di:s32`. Nil if it does not define an event.
    ///
    /// The kernel's forms: trace_kprobe_show, trace_uprobe_show, eprobe_dyn_event_show and __synth_event_show in
    /// kernel/trace.
    public init?(line: some StringProtocol) {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard let first = words.first, let colon = first.firstIndex(of: ":"), let letter = first.first else {
            return nil
        }
        let location = words.count > 1 ? String(words[1]) : ""
        let name = first[first.index(after: colon)...].split(separator: "/", omittingEmptySubsequences: false)
        let isFile = location.hasPrefix("/")
        switch letter {
        case "p": kind = isFile ? .uprobe : .kprobe
        case "r": kind = isFile ? .uretprobe : .kretprobe
        case "f": kind = .fprobe
        case "t": kind = .tracepoint
        case "e": kind = .eprobe
        case "s": kind = .synthetic
        default: return nil
        }
        let parts = kind == .synthetic && name.count == 1 ? ["synthetic", name[0]] : name
        guard parts.count == 2, let event = EventName(system: String(parts[0]), name: String(parts[1])) else {
            return nil
        }
        self.event = event
        self.definition = String(line)
        self.location = kind == .synthetic ? "" : location
    }
}
