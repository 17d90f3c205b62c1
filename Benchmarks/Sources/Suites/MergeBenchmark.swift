import Timeline

/// What one event costs in the merge: the loser tree alone, over streams of times.
enum MergeBenchmark {
    private static let events = 4_000_000
    /// Events in a row of one stream, in the bursty case. CPUs that work in turns make such streams.
    private static let burst: UInt64 = 32

    static func run() -> [Measurement] {
        [4, 64, 1024].flatMap { streams in
            [
                Measurement("merge.\(streams)-streams", time(streams, burst: 1) * 1e9, "ns/event", note: "at random"),
                Measurement(
                    "merge.\(streams)-streams.bursts", time(streams, burst: burst) * 1e9, "ns/event",
                    note: "\(burst) events of a stream in a row"),
            ]
        }
    }

    /// The times of a stream: a step of 1 between events, and a longer one between bursts.
    private struct Stream {
        var time: Int64
        var left: UInt64
        var state: UInt64
        var sequence: UInt64 = 0

        init(_ index: Int, burst: UInt64) {
            state = UInt64(index) &* 0x9e37_79b9_7f4a_7c15 | 1
            time = Int64(index)
            left = burst
        }

        @inline(__always)
        mutating func next(_ streams: Int, burst: UInt64) -> Int64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            sequence &+= 1
            left &-= 1
            if left == 0 {
                left = burst
                time &+= Int64(state % UInt64(2 * streams) &* burst) &+ 1
            } else {
                time &+= 1
            }
            return time
        }
    }

    /// Seconds for one event.
    private static func time(_ count: Int, burst: UInt64) -> Double {
        let (work, elapsed) = Stopwatch.repeated(0.5) {
            var tree = LoserTree<MergeKey>()
            var streams = (0..<count).map { Stream($0, burst: burst) }
            for index in 0..<count {
                _ = tree.addStream()
                tree.setKey(key(&streams[index], index, count, burst), of: index)
            }
            var done = 0
            while done < events, let winner = tree.winner {
                let limit = tree.runnerUp
                var next = winner.key
                repeat {
                    next = key(&streams[winner.stream], winner.stream, count, burst)
                    done &+= 1
                } while next < limit && done < events
                tree.replaceWinner(next)
            }
            return Double(done)
        }
        return elapsed.cpu / work
    }

    @inline(__always)
    private static func key(_ stream: inout Stream, _ index: Int, _ count: Int, _ burst: UInt64) -> MergeKey {
        MergeKey(time: stream.next(count, burst: burst), node: UInt32(index), cpu: 0, stamp: Int64(stream.sequence))
    }
}
