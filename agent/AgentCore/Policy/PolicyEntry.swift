import TextPatterns
import Tracefs

/// What a line of a policy states.
enum PolicyEntry {
    case event(PolicyRule<EventPattern>)
    case probe(PolicyRule<ProbePattern>)
    case function(PolicyRule<Glob>)
    case buffer(PolicyRule<Int>)
    case probeCount(PolicyRule<Int>)
    case lease(PolicyRule<Duration>)
    /// No session is unattended.
    case attended(PolicyRule<Void>)
    /// The agent loads no eBPF program.
    case withoutEBPF(PolicyRule<Void>)
}

extension PolicyEntry {
    private static let forms =
        "write allow or deny, event, probe or function, and a pattern; or limit buffer SIZE, limit probes NUMBER, limit lease TIME; "
        + "or deny unattended, deny ebpf"

    /// Nil for a line without a rule.
    init?(_ line: Substring, number: Int) throws(PolicyLineError) {
        let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
        guard !words.isEmpty else { return nil }
        guard words.count == 3 || [["deny", "unattended"], ["deny", "ebpf"]].contains(words) else {
            throw PolicyLineError("\"\(words.joined(separator: " ").prefix(80))\" is no rule: \(Self.forms)")
        }
        let text = words.joined(separator: " ")
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw PolicyLineError("a rule has no control characters")
        }
        func rule<Pattern>(_ verdict: PolicyRule<Pattern>.Verdict, _ pattern: Pattern) -> PolicyRule<Pattern> {
            PolicyRule(verdict: verdict, pattern: pattern, line: number, text: text)
        }
        switch (words[0], words[1]) {
        case ("deny", "unattended"):
            guard words.count == 2 else { throw PolicyLineError("nothing follows \"deny unattended\"") }
            self = .attended(rule(.deny, ()))
        case ("deny", "ebpf"):
            guard words.count == 2 else { throw PolicyLineError("nothing follows \"deny ebpf\"") }
            self = .withoutEBPF(rule(.deny, ()))
        case ("allow", "event"): self = .event(rule(.allow, try Self.events(words[2])))
        case ("deny", "event"): self = .event(rule(.deny, try Self.events(words[2])))
        case ("allow", "probe"): self = .probe(rule(.allow, try ProbePattern(words[2])))
        case ("deny", "probe"): self = .probe(rule(.deny, try ProbePattern(words[2])))
        case ("allow", "function"): self = .function(rule(.allow, try Self.functions(words[2])))
        case ("deny", "function"): self = .function(rule(.deny, try Self.functions(words[2])))
        case ("limit", "buffer"): self = .buffer(rule(.limit, try Self.bytes(words[2])))
        case ("limit", "probes"): self = .probeCount(rule(.limit, try Self.number(words[2])))
        case ("limit", "lease"): self = .lease(rule(.limit, try Self.time(words[2])))
        case ("limit", _): throw PolicyLineError("there is no limit of \"\(words[1])\": \(Self.forms)")
        case ("allow", _), ("deny", _):
            throw PolicyLineError("\"\(words[1])\" is neither event, probe nor function: \(Self.forms)")
        default: throw PolicyLineError("\"\(words[0])\" is neither allow, deny nor limit: \(Self.forms)")
        }
    }

    private static func events(_ text: String) throws(PolicyLineError) -> EventPattern {
        guard let pattern = EventPattern(text) else {
            throw PolicyLineError("\"\(text)\" is no pattern of events: write SYSTEM:NAME, with * ? [] on either side")
        }
        return pattern
    }

    private static func functions(_ text: String) throws(PolicyLineError) -> Glob {
        // Nothing else is in a name of a function: such a rule would never hold.
        guard !text.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 >= 0x80 }) else {
            throw PolicyLineError("\"\(text)\" is no pattern of functions: write NAME, with * ? []")
        }
        return Glob(text, dialect: .kernel)
    }

    private static func number(_ text: String) throws(PolicyLineError) -> Int {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text) else {
            throw PolicyLineError("\"\(text)\" is no number of probes")
        }
        return number
    }

    /// `90s`, `30m`, `1h`, `2d`
    private static func time(_ text: String) throws(PolicyLineError) -> Duration {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }),
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(text.dropLast()),
            (1...Self.longestTime / unit).contains(number)
        else { throw PolicyLineError("\"\(text)\" is no length of time: write 90s, 30m, 1h or 2d") }
        return .seconds(number * unit)
    }

    /// A year, seconds.
    private static let longestTime: Int64 = 365 * 86_400

    /// `64M`
    private static func bytes(_ text: String) throws(PolicyLineError) -> Int {
        let shifts: [Character: Int] = ["K": 10, "M": 20, "G": 30]
        guard let unit = text.last, let shift = shifts[unit],
            text.dropLast().utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text.dropLast()),
            number > 0, number <= Int.max >> shift
        else { throw PolicyLineError("\"\(text)\" is no size: write 512K, 64M or 1G") }
        return number << shift
    }
}
