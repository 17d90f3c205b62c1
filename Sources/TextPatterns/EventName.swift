/// The name of a tracepoint or dynamic event: its system (group) and its name in that system, written `system:name`.
///
/// A value is always safe to use as a path below `events/`. Both parts are checked when it is created, because names
/// arrive over the network.
public struct EventName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The group, e.g. `sched`.
    public let system: String
    /// The event within the group, e.g. `sched_switch`.
    public let name: String

    /// The longest part accepted, in bytes. A part is a file name, so NAME_MAX bounds it.
    public static let maximumPartLength = 255

    /// Returns nil if a part is empty, longer than ``maximumPartLength``, `.` or `..`, or holds anything but
    /// printable ASCII without `/`, `:`, white space and the glob characters.
    public init?(system: String, name: String) {
        guard Self.isPart(system), Self.isPart(name) else { return nil }
        self.system = system
        self.name = name
    }

    /// Reads `system:name`, as `available_events` writes it. Returns nil for anything else.
    public init?(_ text: some StringProtocol) {
        self.init(bytes: text.utf8)
    }

    /// The same of a line of many: bytes, which are cut in a fraction of a string's time.
    public init?(bytes: some Collection<UInt8>) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        self.init(
            system: String(decoding: bytes[..<colon], as: UTF8.self),
            name: String(decoding: bytes[bytes.index(after: colon)...], as: UTF8.self))
    }

    /// `system:name`
    public var description: String { "\(system):\(name)" }

    /// Events of the system `ftrace` describe the tracers' own records. They have formats but no `enable` file
    /// (TRACE_EVENT_FL_IGNORE_ENABLE in kernel/trace/trace_export.c).
    public var isEnableable: Bool { system != "ftrace" }

    /// By system, then name.
    public static func < (a: EventName, b: EventName) -> Bool {
        a.system == b.system ? a.name < b.name : a.system < b.system
    }

    private static func isPart(_ part: String) -> Bool {
        let bytes = part.utf8
        guard !bytes.isEmpty, bytes.count <= maximumPartLength, part != ".", part != ".." else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["),
                UInt8(ascii: "]"), UInt8(ascii: "\\"):
                false
            default: byte > 0x20 && byte < 0x7f
            }
        }
    }
}
