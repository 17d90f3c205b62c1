/// A key that a loser tree sorts by.
public protocol LoserTreeKey: Comparable, Sendable {
    /// Greater than every key of an event: stands for a stream that has none.
    static var last: Self { get }
}

/// Merges k sorted streams: a tournament in which each inner node keeps the loser of its match, so that replacing
/// the winner's key costs one match per level and touches one path (Knuth, TAOCP 3, 5.4.1).
///
/// A stream without a next event is *blocked* (more may come) or *exhausted*. The tree sorts neither. Watermarks decide
/// how far a merge may go while a stream is blocked.
public struct LoserTree<Key: LoserTreeKey>: Sendable {
    @usableFromInline
    @frozen
    struct Entry: Sendable {
        @usableFromInline var key: Key
        @usableFromInline var stream: Int32

        @inlinable
        init(key: Key, stream: Int32) {
            self.key = key
            self.stream = stream
        }

        /// Equal keys go by stream number, so the order does not depend on what happened before.
        @inlinable
        @inline(__always)
        static func < (a: Entry, b: Entry) -> Bool {
            if a.key < b.key { return true }
            if b.key < a.key { return false }
            return a.stream < b.stream
        }
    }

    @usableFromInline enum State: UInt8, Sendable { case ready, blocked, exhausted, removed }

    /// Entry 0 is the winner, 1... the losers of the inner nodes; the leaf of stream s is node `leaves + s`. Leaves
    /// beyond the last stream have the key `Key.last`, like streams without an event.
    @usableFromInline var entries: [Entry] = []
    /// The streams' states; keys of ready streams are in `entries` only.
    @usableFromInline var states: [State] = []
    @usableFromInline var leaves = 0
    /// Keys set while the tree is out of order; the next query plays them together.
    @usableFromInline var pending: [Entry] = []
    @usableFromInline var isDirty = false
    @usableFromInline var free: [Int32] = []

    /// How many streams have no next event for now.
    @inlinable public var blockedCount: Int { blocked }
    @usableFromInline var blocked = 0

    /// A tree without streams.
    @inlinable
    public init() {}

    /// How many streams there are, blocked and exhausted ones included.
    @inlinable public var streamCount: Int { states.count - free.count }

    /// Adds a blocked stream and returns its number; numbers of removed streams are used again.
    @inlinable
    public mutating func addStream() -> Int {
        blocked += 1
        if let stream = free.popLast() {
            states[Int(stream)] = .blocked
            return Int(stream)
        }
        states.append(.blocked)
        if states.count > leaves { isDirty = true }
        return states.count - 1
    }

    /// Removes a stream and the key that it may have.
    @inlinable
    public mutating func removeStream(_ stream: Int) {
        guard isKnown(stream) else { return }
        leave(stream, to: .removed)
        free.append(Int32(stream))
    }

    /// Gives a stream its next key, less than `Key.last`. O(log k) for a stream without a key; for one that has a key,
    /// O(k) at the next query. Use `replaceWinner` for the winner.
    @inlinable
    public mutating func setKey(_ key: Key, of stream: Int) {
        guard isKnown(stream) else { return }
        let entry = Entry(key: key, stream: Int32(stream))
        let hadKey = states[stream] == .ready
        if states[stream] == .blocked { blocked -= 1 }
        states[stream] = .ready
        if isDirty || hadKey {
            pending.append(entry)
            isDirty = true
        } else {
            enter(entry)
        }
    }

    /// The stream has no next event for now.
    @inlinable
    public mutating func block(_ stream: Int) {
        guard isKnown(stream), states[stream] != .blocked else { return }
        leave(stream, to: .blocked)
        blocked += 1
    }

    /// The stream has no next event and never will.
    @inlinable
    public mutating func exhaust(_ stream: Int) {
        guard isKnown(stream) else { return }
        leave(stream, to: .exhausted)
    }

    @inlinable
    func isKnown(_ stream: Int) -> Bool { states.indices.contains(stream) && states[stream] != .removed }

    @inlinable
    mutating func leave(_ stream: Int, to state: State) {
        let hadKey = states[stream] == .ready
        if states[stream] == .blocked { blocked -= 1 }
        states[stream] = state
        guard hadKey else { return }
        if !isDirty, let first = entries.first, first.stream == stream {
            replay(Key.last)
        } else {
            isDirty = true
        }
    }
}
