import TextPatterns

/// A probe as a person writes it: the kernel's own syntax as it stands, or a short form. See `docs/guide/probes.md`.
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
/// A value is well formed as far as that can be told without a node.
public struct ProbeSpec: Sendable, Hashable {
    /// As it was written, without white space around it.
    public let text: String
    /// What it waits for.
    public let kind: ProbeKind
    /// Where it is planted.
    public let place: ProbePlace
    /// The group that the person named, if one was named.
    public let group: String?
    /// The name of the event: the person's, or one made from the place (`do_filp_open`, `vfs_read__return`).
    public let eventName: String
    /// The person named the event.
    public let isNamed: Bool
    /// What is fetched, in order.
    public let arguments: [FetchArgument]
    /// How it was written.
    let form: Form

    /// How a probe was written, as far as it must be repeated to the kernel.
    enum Form: Sendable, Hashable {
        /// The kernel's syntax: the word before the colon (`p`, `r16`, `f`), and the place.
        case kernel(head: String, place: String)
        /// An event probe, whose arguments only the kernel reads: everything behind the head.
        case eventProbe(rest: String)
        /// A short form: `kprobe:do_filp_open`, without name and arguments.
        case short(String)
    }

    /// Most arguments of a probe (MAX_TRACE_ARGS).
    static let maximumArguments = 128
    /// Longest text, in bytes: the kernel takes lines of less than 4,094 bytes, and the name is put in.
    static let maximumLength = 3900

    /// Reads a probe.
    ///
    /// - Throws: what is wrong with it, and where.
    public init(parsing text: String) throws(ProbeSyntaxError) {
        self = try ProbeParser(ProbeText(text)).parse()
    }

    init(
        text: String, kind: ProbeKind, place: ProbePlace, group: String? = nil, name: String?,
        arguments: [FetchArgument], form: Form
    ) {
        self.text = text
        self.kind = kind
        self.place = place
        self.group = group
        self.eventName = name ?? ProbeName.standard(kind: kind, place: place)
        self.isNamed = name != nil
        self.arguments = arguments
        self.form = form
    }

    /// What a filter or trigger may call this probe: its event name, its short form (`kprobe:vfs_read`, without a file's
    /// path too: `uprobe:malloc`), what it probes (`vfs_read`), and its event name in its group (`probe`, if it was
    /// given none).
    public var aliases: [String] {
        var names = [eventName, "\(group ?? "probe"):\(eventName)"]
        if case .short(let form) = form { names.append(form) }
        switch place {
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

    /// Whether a name or pattern, as `-f` and `-T` take it, means this probe. Patterns look at the event name.
    public func answers(to pattern: String) -> Bool {
        if aliases.contains(pattern) { return true }
        let glob = Glob(pattern)
        guard !glob.isLiteral else { return false }
        return glob.matches(eventName) || glob.matches("\(group ?? "probe"):\(eventName)")
    }
}

extension ProbeSpec: CustomStringConvertible {
    /// As it was written.
    public var description: String { text }
}
