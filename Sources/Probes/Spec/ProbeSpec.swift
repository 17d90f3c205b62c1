import TextPatterns

/// A probe as the user writes it: in the kernel's syntax or as a short form. See `docs/guide/probes.md`.
///
/// | text | kind |
/// |---|---|
/// | `p[:[GRP/]NAME] [MOD:]SYM[+OFF] [ARGS]`, `p[:…] ADDR` | kprobe |
/// | `r[MAX][:…] SYM`, `p[:…] SYM%return` | kretprobe |
/// | `f[MAX][:…] SYM[%return]`, `t[:…] TRACEPOINT`, `e[:…] GRP.EVENT` | fprobe, tracepoint, event probe |
/// | `p\|r[:…] PATH:OFFSET[%return][(COUNTER)] [ARGS]` | uprobe, uretprobe |
/// | `[NAME=]kprobe:[MODULE:]FUNC[+OFF] [ARGS]`, `kretprobe:` | kprobe, kretprobe |
/// | `[NAME=]uprobe:PATH:SYMBOL[@VERSION][+OFF]`, `uprobe:PATH:OFFSET`, `uretprobe:` | uprobe, uretprobe |
/// | `[NAME=]usdt:PATH:PROVIDER:NAME [ARGS]` | usdt |
///
/// A value has been checked as far as is possible without a node.
public struct ProbeSpec: Sendable, Hashable {
    /// The user's text, without surrounding white space.
    public let text: String
    /// What makes it fire.
    public let kind: ProbeKind
    /// Its location.
    public let location: ProbeLocation
    /// The group in the user's text, if there is one.
    public let group: String?
    /// The name of the event: the user's, or one that is derived from the location (`do_filp_open`,
    /// `vfs_read__return`).
    public let eventName: String
    /// Whether the user named the event.
    public let isNamed: Bool
    /// The values to fetch, in order.
    public let arguments: [FetchArgument]
    /// The form of the text.
    let form: Form

    /// The form of a probe's text, with the parts that are passed on to the kernel.
    enum Form: Sendable, Hashable {
        /// The kernel's syntax: the word before the colon (`p`, `r16`, `f`), and the location.
        case kernel(head: String, location: String)
        /// An event probe, whose arguments only the kernel reads: everything after the head.
        case eventProbe(rest: String)
        /// A short form without name and arguments: `kprobe:do_filp_open`.
        case short(String)
    }

    /// The most arguments of a probe (MAX_TRACE_ARGS).
    static let maximumArguments = 128
    /// The longest text, in bytes. The kernel accepts lines of less than 4,094 bytes, and the event's name is added.
    static let maximumLength = 3900

    /// Reads a probe.
    ///
    /// - Throws: what is wrong with the text, with the position.
    public init(parsing text: String) throws(ProbeSyntaxError) {
        self = try ProbeParser(ProbeText(text)).parse()
    }

    init(
        text: String, kind: ProbeKind, location: ProbeLocation, group: String? = nil, name: String?,
        arguments: [FetchArgument], form: Form
    ) {
        self.text = text
        self.kind = kind
        self.location = location
        self.group = group
        self.eventName = name ?? ProbeName.standard(kind: kind, location: location)
        self.isNamed = name != nil
        self.arguments = arguments
        self.form = form
    }

    /// The names by which a filter or trigger may refer to this probe: its event name, its short form
    /// (`kprobe:vfs_read`, also without a file's path: `uprobe:malloc`), what it probes (`vfs_read`), and its event
    /// name in its group (`probe` if the user gave none).
    public var aliases: [String] {
        var names = [eventName, "\(group ?? "probe"):\(eventName)"]
        if case .short(let form) = form { names.append(form) }
        switch location {
        case .function(let module, let symbol, let offset):
            let target = Self.spelled(symbol, offset)
            names.append(target)
            if let module { names.append("\(module):\(target)") }
            if kind == .kprobe || kind == .kretprobe {
                names.append("\(kind.rawValue):\(module.map { $0 + ":" } ?? "")\(target)")
            }
        case .fileSymbol(_, let symbol, let offset):
            names += [symbol, "\(kind.rawValue):\(Self.spelled(symbol, offset))"]
        case .marker(_, let provider, let name):
            names += [name, "\(provider):\(name)", "usdt:\(provider):\(name)"]
        case .tracepoint(let name): names.append(name)
        case .address, .event, .fileOffset: break
        }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// `SYMBOL` or `SYMBOL+0xOFFSET`.
    private static func spelled(_ symbol: String, _ offset: UInt64) -> String {
        symbol + (offset == 0 ? "" : "+\(KernelNumber.hex(offset))")
    }

    /// Whether a name or pattern in `-f` or `-T` selects this probe. Patterns are matched with the event name.
    public func answers(to pattern: String) -> Bool {
        if aliases.contains(pattern) { return true }
        let glob = Glob(pattern)
        guard !glob.isLiteral else { return false }
        return glob.matches(eventName) || glob.matches("\(group ?? "probe"):\(eventName)")
    }
}

extension ProbeSpec: CustomStringConvertible {
    /// The user's text.
    public var description: String { text }
}
