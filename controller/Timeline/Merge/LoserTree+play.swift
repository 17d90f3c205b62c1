extension LoserTree {
    /// The stream with the least key and that key; `nil` when no stream has a next event.
    @inlinable
    public var winner: (stream: Int, key: Key)? {
        mutating get {
            if isDirty { rebuild() }
            guard let first = entries.first, first.stream >= 0, states[Int(first.stream)] == .ready else { return nil }
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
            guard let first = entries.first, first.stream >= 0 else { return Key.last }
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
        guard let first = entries.first, first.stream >= 0, states[Int(first.stream)] == .ready else { return }
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

    /// Plays all matches: O(k). Streams were set, added, or went out of turn.
    @usableFromInline
    mutating func rebuild() {
        var players = [Entry](repeating: Entry(key: Key.last, stream: -1), count: states.count)
        for stream in states.indices { players[stream].stream = Int32(stream) }
        for entry in entries where entry.stream >= 0 { players[Int(entry.stream)] = entry }
        for entry in pending { players[Int(entry.stream)] = entry }
        for stream in states.indices where states[stream] != .ready { players[stream].key = Key.last }
        pending.removeAll(keepingCapacity: true)
        isDirty = false

        leaves = 1
        while leaves < players.count { leaves <<= 1 }
        let nobody = Entry(key: Key.last, stream: -1)
        var winners = [Entry](repeating: nobody, count: 2 * leaves)
        winners.replaceSubrange(leaves..<leaves + players.count, with: players)
        entries = [Entry](repeating: nobody, count: leaves)
        for node in stride(from: leaves - 1, to: 0, by: -1) {
            let (left, right) = (winners[2 * node], winners[2 * node + 1])
            // An empty leaf has the number -1 and must lose to a real stream without an event.
            let leftWins = right.stream < 0 || (left.stream >= 0 && left < right)
            winners[node] = leftWins ? left : right
            entries[node] = leftWins ? right : left
        }
        entries[0] = winners[1]
    }
}
