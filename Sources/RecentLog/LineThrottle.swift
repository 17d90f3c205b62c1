import SystemFacts

/// Lets one log line of a kind through in an interval and counts the others, so that who causes lines cannot fill the
/// log. No I/O: the caller writes the lines.
public struct LineThrottle<Kind: Hashable & Sendable>: Sendable {
    /// Lines that were left out.
    public struct Rest: Sendable {
        /// By kind, in the order in which the kinds came.
        public var kinds: [(kind: Kind, count: Int)] = []
        /// Lines of further kinds, for which there was no room.
        public var others = 0
        public var isEmpty: Bool { kinds.isEmpty && others == 0 }
    }

    private struct Entry {
        let kind: Kind
        let since: MonotonicRawInstant
        var leftOut = 0
    }

    private let interval: Duration
    private let limit: Int
    private var entries: [Entry] = []
    private var indices: [Kind: Int] = [:]
    private var others = 0

    /// - Parameters:
    ///   - interval: in which one line of a kind is let through.
    ///   - limit: the most kinds in an interval, and so the most lines.
    public init(interval: Duration = .seconds(1), limit: Int) {
        self.interval = interval
        self.limit = limit
    }

    /// Whether nothing is left to be said.
    public var isEmpty: Bool { entries.isEmpty && others == 0 }

    /// Whether to write a line now. If not, it is counted.
    public mutating func admits(_ kind: Kind, now: MonotonicRawInstant) -> Bool {
        if let index = indices[kind], entries[index].since.duration(to: now) < interval {
            entries[index].leftOut += 1
            return false
        }
        // What its last interval left out is still to be said, by `expire`.
        guard indices[kind] == nil, entries.count < limit else {
            if let index = indices[kind] { entries[index].leftOut += 1 } else { others += 1 }
            return false
        }
        indices[kind] = entries.count
        entries.append(Entry(kind: kind, since: now))
        return true
    }

    /// What was left out in the intervals that are over. Call it about once an interval.
    public mutating func expire(now: MonotonicRawInstant) -> Rest {
        var rest = Rest()
        let over = entries.filter { $0.since.duration(to: now) >= interval }
        guard !over.isEmpty else { return rest }
        rest.kinds = over.filter { $0.leftOut > 0 }.map { ($0.kind, $0.leftOut) }
        rest.others = others
        others = 0
        entries.removeAll { $0.since.duration(to: now) >= interval }
        indices = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.kind, $0) })
        return rest
    }
}
