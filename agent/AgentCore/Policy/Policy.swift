import TextPatterns
import TraceProtocol
import Tracefs

/// What this node allows with its kernel, by a file of its own that no controller can override
/// (docs/guide/fleet.md has the language).
///
/// Every list of rules is judged in the same way. A rule that denies wins. Where there are rules that allow, whatever
/// none of them names is refused. Without rules everything is allowed.
public struct Policy: Sendable {
    /// Where it was read, for messages.
    let file: String
    private(set) var events: [PolicyRule<EventPattern>] = []
    private(set) var probes: [PolicyRule<ProbePattern>] = []
    private(set) var functions: [PolicyRule<Glob>] = []
    /// Buffer memory of one session over all CPUs, bytes.
    private(set) var buffer: PolicyRule<Int>?
    /// Probes of one session.
    private(set) var probeCount: PolicyRule<Int>?
    /// How long a session goes on without the controller.
    private(set) var lease: PolicyRule<Duration>?
    private(set) var attended: PolicyRule<Void>?
    private(set) var withoutEBPF: PolicyRule<Void>?

    /// Allows everything.
    public static let none = Policy(file: "")

    init(file: String) {
        self.file = file
    }

    /// How many rules and limits it has.
    public var count: Int {
        let single = [buffer == nil, probeCount == nil, lease == nil, attended == nil, withoutEBPF == nil]
        return events.count + probes.count + functions.count + single.count { !$0 }
    }

    mutating func add(_ entry: PolicyEntry) throws(PolicyLineError) {
        switch entry {
        case .event(let rule): events.append(rule)
        case .probe(let rule): probes.append(rule)
        case .function(let rule): functions.append(rule)
        case .buffer(let rule):
            guard buffer == nil else { throw PolicyLineError("a second limit of the buffer") }
            buffer = rule
        case .probeCount(let rule):
            guard probeCount == nil else { throw PolicyLineError("a second limit of the number of probes") }
            probeCount = rule
        case .lease(let rule):
            guard lease == nil else { throw PolicyLineError("a second limit of the lease") }
            lease = rule
        case .attended(let rule):
            guard attended == nil else { throw PolicyLineError("\"\(rule.text)\" a second time") }
            attended = rule
        case .withoutEBPF(let rule):
            guard withoutEBPF == nil else { throw PolicyLineError("\"\(rule.text)\" a second time") }
            withoutEBPF = rule
        }
    }

    /// The refusal by one rule.
    func refused<Pattern>(by rule: PolicyRule<Pattern>, _ addition: String = "") -> WireRefusal {
        WireRefusal(.policy, "refused by policy: \(file) line \(rule.line): \(rule.text)\(addition)")
    }

    /// The refusal of what no rule allows.
    func refused(unnamed what: String) -> WireRefusal {
        WireRefusal(.policy, "refused by policy: \(file): no rule allows \(what)")
    }
}

extension Policy {
    /// The reason against the use of an event; nil if there is none.
    func reason(against event: EventName) -> String? {
        if let rule = denying(event) { return "\(file) line \(rule.line): \(rule.text)" }
        let allowing = events.filter { $0.verdict == .allow }
        guard !allowing.isEmpty, !allowing.contains(where: { $0.pattern.matches(event) }) else { return nil }
        return "\(file): no rule allows it"
    }

    /// The reason against tracing a function; nil if there is none.
    func reason(againstFunction name: String) -> String? {
        if let rule = functions.first(where: { $0.verdict == .deny && $0.pattern.matches(name) }) {
            return "\(file) line \(rule.line): \(rule.text)"
        }
        let allowing = functions.filter { $0.verdict == .allow }
        guard !allowing.isEmpty, !allowing.contains(where: { $0.pattern.matches(name) }) else { return nil }
        return "\(file): no rule allows it"
    }

    /// The refusal of an event; nil if it may be used.
    func refusal(of event: EventName) -> WireRefusal? {
        reason(against: event).map { WireRefusal(.policy, "event \(event): refused by policy: \($0)") }
    }

    private func denying(_ event: EventName) -> PolicyRule<EventPattern>? {
        events.first { $0.verdict == .deny && $0.pattern.matches(event) }
    }

    /// The refusal of an event by a rule that denies it; nil if none does.
    func denial(of event: EventName) -> WireRefusal? { denying(event).map { refused(by: $0) } }

    /// The refusal of so many probes in a session; nil if they are allowed.
    func refusal(ofProbes count: Int) -> WireRefusal? {
        probeCount.flatMap { $0.pattern < count ? refused(by: $0, " (these are \(count))") : nil }
    }

    /// The refusal of eBPF programs; nil if they are allowed.
    var refusalOfEBPF: WireRefusal? { withoutEBPF.map { refused(by: $0) } }

    /// The refusal of a session's eBPF maps, which count as its buffer; nil if they are allowed.
    ///
    /// - Parameter bytes: of all of them.
    func refusal(ofMaps bytes: Int) -> WireRefusal? {
        buffer.flatMap { $0.pattern < bytes ? refused(by: $0, " (eBPF maps of \(bytes >> 10) KiB are more)") : nil }
    }

    /// How long a session may go on without the controller.
    ///
    /// - Parameter longest: what any node allows.
    func lease(_ request: WirePrepare, longest: Duration) throws(WireRefusal) -> SessionLease {
        if request.unattended, let attended { throw refused(by: attended) }
        let asked: Duration? =
            request.unattended ? longest : request.leaseSeconds > 0 ? .seconds(Int64(request.leaseSeconds)) : nil
        if let asked, asked > longest {
            throw WireRefusal(
                .overBudget,
                "a lease of \(asked.components.seconds) s: \(longest.components.seconds) s at most")
        }
        if let lease, let asked, asked > lease.pattern {
            throw refused(by: lease, request.unattended ? " (unattended has none)" : " (\(asked.components.seconds) s)")
        }
        return SessionLease(own: asked, most: lease?.pattern)
    }

    /// The smallest buffer that the kernel gives a CPU.
    private static let leastKilobytes = 8

    /// How large a session's buffer is on each CPU, in KiB: as requested, or else the usual size as far as the limit
    /// allows it, which a note mentions.
    ///
    /// - Parameter asked: 0 if the request names no size.
    func bufferKilobytes(asked: UInt32, usual: Int, cpus: Int) throws(WireRefusal) -> (
        size: Int, note: String?
    ) {
        let wanted = asked == 0 ? usual : Int(asked)
        guard let buffer else { return (wanted, nil) }
        let most = (buffer.pattern >> 10) / max(cpus, 1)
        if wanted <= most { return (wanted, nil) }
        guard asked == 0, most >= Self.leastKilobytes else {
            let size = asked == 0 ? Self.leastKilobytes : wanted
            throw refused(by: buffer, " (\(size) KiB on each of \(cpus) CPUs are more)")
        }
        return (
            most,
            "buffers of \(most) KiB instead of \(usual) on each CPU by policy: \(file) line \(buffer.line): \(buffer.text)"
        )
    }
}
