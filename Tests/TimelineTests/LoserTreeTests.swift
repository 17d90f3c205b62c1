import TestSupport
import Testing

@testable import Timeline

struct LoserTreeTests {
    static func key(_ time: Int64, _ stream: Int, _ sequence: Int = 0) -> MergeKey {
        MergeKey(time: time, node: UInt32(stream), cpu: 0, stamp: Int64(sequence))
    }

    @Test func anEmptyTreeHasNoWinner() {
        var tree = LoserTree<MergeKey>()
        #expect(tree.winner == nil)
        #expect(tree.runnerUp == .last)
        tree.replaceWinner(Self.key(1, 1))
        #expect(tree.winner == nil)
        let only = tree.addStream()
        #expect(tree.winner == nil && tree.blockedCount == 1)
        tree.setKey(Self.key(5, 0), of: only)
        #expect(tree.winner?.stream == only && tree.winner?.key.time == 5)
        #expect(tree.runnerUp == .last && tree.blockedCount == 0)
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 13, 64, 100])
    func mergingGivesWhatSortingGives(streamCount: Int) {
        for seed in 0..<40 as Range<UInt64> {
            var random = SplitMix64(seed: seed &* 1000 &+ UInt64(streamCount))
            var streams: [[MergeKey]] = (0..<streamCount).map { stream in
                let count = Int.random(in: 0...30, using: &random)
                // Few distinct times: ties are the rule.
                let times = (0..<count).map { _ in Int64.random(in: 0...40, using: &random) }.sorted()
                return times.enumerated().map { Self.key($1, stream, $0) }
            }
            let expected = streams.flatMap { $0 }.sorted()
            var tree = LoserTree<MergeKey>()
            for stream in streams.indices {
                #expect(tree.addStream() == stream)
                if let first = streams[stream].first { tree.setKey(first, of: stream) } else { tree.exhaust(stream) }
            }
            var merged: [MergeKey] = []
            while let (stream, key) = tree.winner {
                merged.append(key)
                streams[stream].removeFirst()
                let others = streams.enumerated().filter { $0.offset != stream }.compactMap(\.element.first).min()
                #expect(tree.runnerUp == others ?? .last)
                if let next = streams[stream].first { tree.replaceWinner(next) } else { tree.exhaust(stream) }
            }
            #expect(merged == expected, "seed \(seed)")
        }
    }

    @Test func drainingUpToTheRunnerUpGivesTheSameOrder() {
        var random = SplitMix64(seed: 9)
        let streams = (0..<10).map { stream in
            (0..<500).map { _ in Int64.random(in: 0...2000, using: &random) }.sorted().enumerated()
                .map { Self.key($1, stream, $0) }
        }
        var positions = Array(repeating: 0, count: 10)
        var tree = LoserTree<MergeKey>()
        for stream in 0..<10 { tree.setKey(streams[tree.addStream()][0], of: stream) }
        var merged: [MergeKey] = []
        var questions = 0
        while let (stream, _) = tree.winner {
            let limit = tree.runnerUp
            questions += 1
            while positions[stream] < 500, streams[stream][positions[stream]] < limit {
                merged.append(streams[stream][positions[stream]])
                positions[stream] += 1
            }
            if positions[stream] < 500 {
                tree.replaceWinner(streams[stream][positions[stream]])
            } else {
                tree.exhaust(stream)
            }
        }
        #expect(merged == streams.flatMap { $0 }.sorted())
        #expect(questions < 5000)
    }

    /// Random operations against a dictionary searched from end to end.
    @Test func anyMixtureOfOperationsKeepsTheOrder() {
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var tree = LoserTree<MergeKey>()
            var model: [Int: MergeKey?] = [:]
            for step in 0..<300 {
                let some = model.keys.sorted().randomElement(using: &random)
                switch random.next() % 10 {
                case 0: model[tree.addStream()] = .some(nil)
                case 1:
                    if let some, random.next() % 4 == 0 {
                        tree.removeStream(some)
                        model[some] = nil
                    }
                case 2:
                    if let some {
                        tree.block(some)
                        model[some] = .some(nil)
                    }
                case 3:
                    if let some, random.next() % 2 == 0 {
                        tree.exhaust(some)
                        model[some] = .some(nil)
                    }
                case 4, 5:
                    if let some {
                        let key = Self.key(Int64.random(in: 0...50, using: &random), some, step)
                        tree.setKey(key, of: some)
                        model[some] = key
                    }
                default:
                    if let (stream, key) = tree.winner {
                        let next = Self.key(key.time + Int64.random(in: 0...9, using: &random), stream, step)
                        tree.replaceWinner(next)
                        model[stream] = next
                    }
                }
                let ready = model.compactMap { stream, key in key.map { (stream, $0) } }.sorted { $0.1 < $1.1 }
                let isRight =
                    tree.winner?.stream == ready.first?.0 && tree.winner?.key == ready.first?.1
                    && tree.runnerUp == (ready.dropFirst().first?.1 ?? .last) && tree.streamCount == model.count
                if !isRight {
                    Issue.record("seed \(seed) step \(step): \(String(describing: tree.winner)) of \(ready)")
                }
            }
        }
    }

    @Test func blockedStreamsAreCounted() {
        var tree = LoserTree<MergeKey>()
        let (a, b) = (tree.addStream(), tree.addStream())
        #expect(tree.blockedCount == 2)
        tree.setKey(Self.key(1, a), of: a)
        tree.setKey(Self.key(2, b), of: b)
        #expect(tree.blockedCount == 0)
        tree.block(a)
        tree.block(a)
        #expect(tree.blockedCount == 1 && tree.winner?.stream == b)
        tree.exhaust(a)
        #expect(tree.blockedCount == 0)
        tree.block(b)
        tree.removeStream(b)
        #expect(tree.blockedCount == 0 && tree.streamCount == 1 && tree.winner == nil)
        #expect(tree.addStream() == b)
    }

    @Test func equalKeysGoByStreamNumber() {
        var tree = LoserTree<MergeKey>()
        for _ in 0..<5 { _ = tree.addStream() }
        for stream in [3, 0, 4, 1, 2] { tree.setKey(Self.key(7, 0), of: stream) }
        var order: [Int] = []
        while let (stream, _) = tree.winner {
            order.append(stream)
            tree.exhaust(stream)
        }
        #expect(order == [0, 1, 2, 3, 4])
    }

    @Test func unknownStreamsAreIgnored() {
        var tree = LoserTree<MergeKey>()
        tree.setKey(Self.key(1, 1), of: 7)
        tree.block(-1)
        tree.exhaust(0)
        tree.removeStream(3)
        #expect(tree.winner == nil && tree.streamCount == 0)
    }

    @Test func theOrderIsTimeNodeReadingCPU() {
        let ordered = [
            MergeKey(time: 1, node: 9, cpu: 9, stamp: 9), MergeKey(time: 2, node: 0, cpu: 9, stamp: 9),
            MergeKey(time: 2, node: 1, cpu: 1, stamp: 0), MergeKey(time: 2, node: 1, cpu: 0, stamp: 9),
            MergeKey(time: 2, node: 1, cpu: 1, stamp: 9), .last,
        ]
        #expect(ordered.reversed().sorted() == ordered)
    }
}
