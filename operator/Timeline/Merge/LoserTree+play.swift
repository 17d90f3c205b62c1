extension LoserTree {
    /// The stream with the least key and that key; `nil` when no stream has a next event.
    @inlinable
    public var winner: (stream: Int, key: Key)? {
        mutating get {
            if isDirty { rebuild() }
            guard let first = entries.first, isReady(first.stream) else { return nil }
            return (Int(first.stream), first.key)
        }
    }

    /// The key that the winner's stream may be drained up to: the least of all others, `Key.last` without others.
    ///
    /// The runner-up lost to the winner, so it is one of the losers on the winner's path: one comparison per level.
    @inlinable
    public var runnerUp: Key {
        mutating get {
            if isDirty { rebuild() }
            guard let first = entries.first else { return Key.last }
            var least = Key.last
            var node = (leaves + Int(first.stream)) >> 1
            while node > 0 {
                if entries[node].key < least { least = entries[node].key }
                node >>= 1
            }
            return least
        }
    }

    /// Gives the winner's stream its next key, which is not less than the one before. Without a winner nothing happens.
    @inlinable
    @inline(__always)
    public mutating func replaceWinner(_ key: Key) {
        if isDirty { rebuild() }
        guard let first = entries.first, isReady(first.stream) else { return }
        replay(key)
    }

    /// Plays the matches on the winner's path again, with `key` in its place.
    @inlinable
    @inline(__always)
    mutating func replay(_ key: Key) {
        let leaves = leaves
        entries.withUnsafeMutableBufferPointer { entries in
            var candidate = Entry(key: key, stream: entries[0].stream)
            var node = (leaves + Int(candidate.stream)) >> 1
            while node > 0 {
                if entries[node] < candidate { swap(&entries[node], &candidate) }
                node >>= 1
            }
            entries[0] = candidate
        }
    }

    @inlinable
    @inline(__always)
    func isReady(_ stream: Int32) -> Bool { Int(stream) < states.count && states[Int(stream)] == .ready }

    /// Gives a key to a stream that had none. The stream starts at the match that it had lost. Where it wins now, it
    /// swaps places with the former winner, whose next match is the first one above that has a loser from below this
    /// node.
    @inlinable
    mutating func enter(_ entry: Entry) {
        var node = (leaves + Int(entry.stream)) >> 1
        while node > 0, entries[node].stream != entry.stream { node >>= 1 }
        entries[node] = entry
        while node > 0 {
            var above = node >> 1
            while above > 0, !isBelow(entries[above].stream, node) { above >>= 1 }
            guard entry < entries[above] else { return }
            entries.swapAt(node, above)
            node = above
        }
    }

    @inlinable
    @inline(__always)
    func isBelow(_ stream: Int32, _ node: Int) -> Bool {
        let leaf = leaves + Int(stream)
        return leaf >> (node.leadingZeroBitCount - leaf.leadingZeroBitCount) == node
    }

    /// Plays all matches: O(k). Needed when streams were added beyond the leaves, or left without being the winner.
    @inlinable
    mutating func rebuild() {
        leaves = 1
        while leaves < states.count { leaves <<= 1 }
        var winners = (0..<2 * leaves).map { Entry(key: Key.last, stream: Int32(clamping: $0 - leaves)) }
        for entry in entries where isReady(entry.stream) { winners[leaves + Int(entry.stream)] = entry }
        for entry in pending where isReady(entry.stream) { winners[leaves + Int(entry.stream)] = entry }
        pending.removeAll(keepingCapacity: true)
        isDirty = false
        entries = Array(winners[leaves...])
        for node in stride(from: leaves - 1, to: 0, by: -1) {
            let (left, right) = (winners[2 * node], winners[2 * node + 1])
            winners[node] = left < right ? left : right
            entries[node] = left < right ? right : left
        }
        entries[0] = winners[1]
    }
}
