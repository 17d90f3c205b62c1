import RingBuffer
import TraceClock

extension TimelineMerger {
    /// Hands out everything before `frontier`.
    ///
    /// - Parameter late: events before this time come too late for their place in the order.
    func drain<S: TimelineSink & ~Copyable>(upTo frontier: Int64, late: Int64, into sink: inout S) throws {
        // A local variable for the loop: the compiler knows its only user, so no access is checked at run time.
        var tree = LoserTree<MergeKey>()
        swap(&tree, &self.tree)
        defer { swap(&tree, &self.tree) }
        let end = MergeKey(time: frontier, node: 0, cpu: 0, stamp: .min)
        while let winner = tree.winner, winner.key.time < frontier {
            // The winner goes on until it passes the runner-up.
            let bound = min(tree.runnerUp, end)
            let next = try references[winner.stream]._withUnsafeGuaranteedRef { stream in
                try stream.timeline._withUnsafeGuaranteedRef { node in
                    try drain(stream, of: node, until: bound, from: winner.key, late: late, into: &sink)
                }
            }
            if let next {
                tree.replaceWinner(next)
            } else {
                tree.block(winner.stream)
                if streams[winner.stream].current != nil { waiting.append(streams[winner.stream]) }
            }
        }
    }

    /// Hands out one stream's events.
    ///
    /// - Returns: the key of the first event that is not before `bound`; nil when there is none, or none whose time is
    ///   settled.
    private func drain<S: TimelineSink & ~Copyable>(
        _ stream: CPUStream, of node: NodeTimeline, until bound: MergeKey, from first: MergeKey, late: Int64,
        into sink: inout S
    ) throws -> MergeKey? {
        guard let layout = node.layout else { return nil }
        var key = first
        repeat {
            try reportLoss(stream, node, into: &sink)
            switch try walk(stream, node, until: bound, from: key.time, late: late, into: &sink) {
            case .reached(let time): return self.key(stream, time)
            case .newSegment: break
            case .pageEnd: guard stream.advance(layout: layout, unpacker: unpacker) else { return nil }
            }
            guard let time = node.time(of: stream) else { return nil }
            key = self.key(stream, time)
        } while key < bound
        return key
    }

    private func reportLoss<S: TimelineSink & ~Copyable>(
        _ stream: CPUStream, _ node: NodeTimeline, into sink: inout S
    ) throws {
        let count: UInt64?
        switch stream.missed {
        case .none: return
        case .unknown: count = nil
        case .count(let lost): count = lost
        }
        stream.missed = .none
        guard let record = stream.current else { return }
        try sink.lost(count, node: node, cpu: stream.cpu, before: node.mapped(stream, record.timestamp))
    }

    /// Why a walk through a page ended.
    private enum WalkEnd {
        /// The present event, at this time, is not before the bound.
        case reached(Int64)
        /// The page is at its end: the present event has been handed out.
        case pageEnd
        /// The present event has not been handed out, and another segment of the clock maps it.
        case newSegment
    }

    /// Hands out the present event and those after it in its page, as far as one segment of the clock reaches.
    ///
    /// This loop is the cost of an event: the cursor and the segment are local copies, and nothing is looked up.
    private func walk<S: TimelineSink & ~Copyable>(
        _ stream: CPUStream, _ node: NodeTimeline, until bound: MergeKey, from start: Int64, late: Int64,
        into sink: inout S
    ) throws -> WalkEnd {
        guard var record = stream.current else { return .pageEnd }
        guard let segment = stream.segment, segment.contains(stream.stamp(record.timestamp)),
            var cursor = stream.cursor
        else {
            let time = node.mapped(stream, record.timestamp)
            try emit(record, stream, node, time, late, into: &sink)
            return .pageEnd
        }
        let wantsBounds = sink.wantsBounds
        let renderer = node.renderer
        let (cpu, number) = (stream.cpu, UInt32(truncatingIfNeeded: stream.node))
        let (onto, shift) = (node.onto, node.shift)
        var consumed = stream.consumed
        var time = start
        defer {
            stream.cursor = cursor
            stream.current = record
            stream.consumed = consumed
        }
        while true {
            let isLate = time < late
            if isLate { lateEvents &+= 1 }
            try sink.event(
                MergedEvent(
                    node: node, renderer: renderer, cpu: cpu,
                    time: wantsBounds
                        ? segment.map(stream.stamp(record.timestamp)).shifted(by: onto)
                        : MappedTime(
                            estimate: time, bound: ClockBound(lower: .min, upper: .max), quality: .unknown),
                    timestamp: record.timestamp, payload: record.payload, isLate: isLate))
            do throws(SubBufferError) {
                guard let next = try cursor.next() else { return .pageEnd }
                record = next
            } catch {
                stream.damage("\(error)")
                return .pageEnd
            }
            consumed &+= 1
            let stamp = stream.stamp(record.timestamp)
            guard segment.contains(stamp) else { return .newSegment }
            time = segment.estimate(stamp) &+ shift
            if time < bound.time { continue }
            let key = MergeKey(time: time, node: number, cpu: cpu, stamp: stamp)
            if !(key < bound) { return .reached(time) }
        }
    }

    private func emit<S: TimelineSink & ~Copyable>(
        _ record: Record, _ stream: CPUStream, _ node: NodeTimeline, _ time: MappedTime, _ late: Int64,
        into sink: inout S
    ) throws {
        let isLate = time.estimate < late
        if isLate { lateEvents &+= 1 }
        try sink.event(
            MergedEvent(
                node: node, renderer: node.renderer, cpu: stream.cpu, time: time, timestamp: record.timestamp,
                payload: record.payload,
                isLate: isLate))
    }
}
