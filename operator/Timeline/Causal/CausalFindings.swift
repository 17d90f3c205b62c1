import TraceClock

/// What matched messages showed, for people.
public struct CausalFindings: Sendable {
    /// A message that contradicts what else is known, and where the receiver's clock puts it.
    struct Contradiction: Sendable {
        let receiver: Int
        let received: Int64
        let text: String
    }

    private let names: [String]
    private(set) var contradictions: [Contradiction] = []
    private var matched = 0
    private var used = 0
    private var unbounded = 0
    private var surrendered = 0
    private var contradictory = 0
    private var lone = 0
    private var repeated = 0
    private var local = 0
    private var thinning: UInt64 = 1
    private var refusedReadings: [Int: Int64] = [:]
    /// Messages whose receive stands before their send, by the estimates.
    private(set) var inverted = (before: 0, after: 0)
    /// Half the widths of the bounds of all sends and receives, ns: median and greatest but 1 %.
    private(set) var halfWidths = (before: Spread(), after: Spread())

    struct Spread: Sendable {
        var median: Int64 = 0
        var high: Int64 = 0
    }

    /// Lines on the timeline; more are counted.
    private static let mostShown = 1000

    init(_ names: [String]) { self.names = names }

    mutating func add(_ matcher: MessageMatcher) {
        lone += matcher.lone
        repeated += matcher.repeated
        local += matcher.local
        thinning = max(thinning, matcher.thinning)
    }

    mutating func add(_ file: MessagePairsFile) { thinning = max(thinning, UInt64(file.thinning)) }

    mutating func compare(_ before: [RefinedClock?], with after: MessageTightening, matched: Int) {
        self.matched = matched
        used = after.messages.count
        unbounded = after.unbounded
        surrendered = after.surrendered
        contradictory = after.contradictions.count
        refusedReadings = after.refusedReadings
        contradictions = after.contradictions.prefix(Self.mostShown).map {
            Contradiction(receiver: $0.message.receiver, received: $0.message.received, text: text($0))
        }
        inverted = (Self.inverted(after.messages, before), Self.inverted(after.messages, after.clocks))
        halfWidths = (Self.spread(after.messages, before), Self.spread(after.messages, after.clocks))
    }

    private static func inverted(_ messages: [MatchedMessage], _ clocks: [RefinedClock?]) -> Int {
        messages.count {
            guard let sent = clocks[$0.sender]?.map($0.sent), let received = clocks[$0.receiver]?.map($0.received)
            else { return false }
            return received.estimate < sent.estimate
        }
    }

    private static func spread(_ messages: [MatchedMessage], _ clocks: [RefinedClock?]) -> Spread {
        var widths: [Int64] = []
        for message in messages {
            for (node, time) in [(message.sender, message.sent), (message.receiver, message.received)] {
                if let width = clocks[node]?.map(time).bound.halfWidth { widths.append(width) }
            }
        }
        guard !widths.isEmpty else { return Spread() }
        widths.sort()
        return Spread(median: widths[widths.count / 2], high: widths[min(widths.count - 1, widths.count * 99 / 100)])
    }

    private func text(_ found: MessageContradiction) -> String {
        let sender = names[found.message.sender]
        return switch found.basis {
        case .probes:
            "a message from \(sender) arrived here at least \(found.excess) ns before it was sent: a clock broke its "
                + "assumptions, or the two events are not of one message; it tightens nothing"
        case .messages:
            "a message from \(sender) contradicts other messages by \(found.excess) ns: a clock broke its assumptions, or "
                + "events were matched that are not of one message; it tightens nothing"
        }
    }

    /// The summary.
    public var lines: [String] {
        var lines = [
            "messages: \(matched) matched, \(used) used"
                + (contradictory > 0 ? ", \(contradictory) contradictory" : "")
                + (unbounded > 0 ? ", \(unbounded) at times without a bound that holds" : "")
                + (lone + repeated + local > 0
                    ? "; not matched: \(lone) seen on one side only, \(repeated) repeated, \(local) within a node" : "")
        ]
        if thinning > 1 { lines.append("messages: too many to keep: of \(thinning) one was used") }
        if surrendered > 0 {
            lines.append(
                "messages: none was used: they contradict each other so often that the right ones cannot be told")
        }
        if used > 0 {
            lines.append(
                "messages: received before sent, by the times shown: \(inverted.before) before, \(inverted.after) after; "
                    + "bounds of their times: median \(Self.text(halfWidths.before.median)), p99 "
                    + "\(Self.text(halfWidths.before.high)) before, median \(Self.text(halfWidths.after.median)), p99 "
                    + "\(Self.text(halfWidths.after.high)) after")
        }
        return lines
    }

    /// What makes the order untrustworthy.
    public var problems: [String] {
        let own = refusedReadings.sorted { $0.key < $1.key }.map { node, excess in
            "node \(names[node]): what it sent came \(excess) ns before its clock allows: the clock broke its assumptions"
        }
        guard contradictory > 0 else { return own }
        return own + [
            "\(contradictory) matched message\(contradictory == 1 ? "" : "s") cannot have been sent before "
                + "\(contradictory == 1 ? "it was" : "they were") received: a clock broke its assumptions, or events were "
                + "matched that are not of one message"
        ]
    }

    private static func text(_ ns: Int64) -> String {
        MappedTime(estimate: 0, bound: ClockBound(lower: -ns, upper: ns), quality: .bounded).boundDescription
    }
}
