import TraceClock

/// Finds sends and receives of one key.
///
/// A key is a message's only if one send and one receive of it were seen in the whole session, on two nodes. A key that
/// repeats says nothing: which receive belongs to which send is not known, and a send that was recorded may be the
/// second of a message whose first was not.
///
/// Memory is bounded. When the table is full, only the half of the keys whose hash ends in a further 0 is kept: sends and
/// receives of the same messages, spread evenly over the session.
struct MessageMatcher {
    enum End { case send, receive }

    private struct Entry {
        var sent: Int64 = 0
        var received: Int64 = 0
        var sender: Int32 = -1
        var receiver: Int32 = -1
        var isRepeated = false
    }

    private var entries: [MessageKey: Entry] = [:]
    private let capacity: Int
    private var mask: UInt64 = 0

    /// Of so many keys one is kept.
    var thinning: UInt64 { mask + 1 }
    /// Keys that were seen once on one side only, more than once on a side, or on one node only.
    private(set) var lone = 0
    private(set) var repeated = 0
    private(set) var local = 0

    /// Keys kept, in about 100 MB.
    static let capacity = 1 << 20

    init(capacity: Int = MessageMatcher.capacity) { self.capacity = max(capacity, 16) }

    mutating func add(_ end: End, _ key: MessageKey, node: Int, at time: Int64) {
        guard key.low & mask == 0 else { return }
        var entry = entries[key] ?? Entry()
        switch end {
        case .send:
            if entry.sender >= 0 { entry.isRepeated = true }
            (entry.sender, entry.sent) = (Int32(truncatingIfNeeded: node), time)
        case .receive:
            if entry.receiver >= 0 { entry.isRepeated = true }
            (entry.receiver, entry.received) = (Int32(truncatingIfNeeded: node), time)
        }
        entries[key] = entry
        while entries.count > capacity, mask != .max {
            mask = mask << 1 | 1
            entries = entries.filter { $0.key.low & mask == 0 }
        }
    }

    /// The messages, in the order of their sends.
    mutating func messages() -> [MatchedMessage] {
        var found: [MatchedMessage] = []
        (lone, repeated, local) = (0, 0, 0)
        for entry in entries.values {
            if entry.isRepeated {
                repeated += 1
            } else if entry.sender < 0 || entry.receiver < 0 {
                lone += 1
            } else if entry.sender == entry.receiver {
                local += 1
            } else {
                found.append(
                    MatchedMessage(
                        sender: Int(entry.sender), sent: entry.sent, receiver: Int(entry.receiver),
                        received: entry.received))
            }
        }
        return found.sorted {
            ($0.sent, $0.sender, $0.received, $0.receiver) < ($1.sent, $1.sender, $1.received, $1.receiver)
        }
    }
}
