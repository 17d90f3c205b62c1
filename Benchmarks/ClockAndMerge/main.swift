import Glibc
import Timeline
import TraceClock

/// CPU time of this thread, ns: a machine that others use as well does not count against what is measured.
func threadTime() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Prints the best of five runs, in ns of CPU time for each of `count` steps. What `body` returns keeps it from being
/// left out.
func measure(_ name: String, count: Int, _ body: () -> Int64) {
    var best = Int64.max
    var sum: Int64 = 0
    for _ in 0..<5 {
        let start = threadTime()
        sum &+= body()
        best = min(best, threadTime() - start)
    }
    let tenths = best * 10 / Int64(count)
    print("\(name): \(tenths / 10).\(tenths % 10) ns (check \(sum))")
}

let events = 1_000_000

func sum(_ time: MappedTime) -> Int64 { time.estimate &+ time.upper &- time.lower }

func measureClocks() {
    let probes = (0..<2000 as Range<Int64>).map { index in
        ClockProbe(
            t1: 1_000_000_000 + index * 50_000_000, t2: 500_050_000 + index * 50_001_000,
            t3: 500_051_000 + index * 50_001_000, t4: 1_000_101_000 + index * 50_000_000)
    }
    var live = LiveClock()
    for probe in probes {
        _ = live.observe(probe)
        live.freeze(through: probe.t3 - 20_000_000)
    }
    var refined = RefinedClock(probes: probes)
    let first: Int64 = 600_000_000
    let step = ((live.frozenThrough ?? first) - first) / Int64(events)

    measure("live clock, mapNext in sequence", count: events) {
        var total: Int64 = 0
        for index in 0..<Int64(events) { total &+= sum(live.mapNext(first + index * step)) }
        return total
    }
    measure("refined clock, mapNext in sequence", count: events) {
        var total: Int64 = 0
        for index in 0..<Int64(events) { total &+= sum(refined.mapNext(first + index * step)) }
        return total
    }
    let segment = live.segment(containing: 700_000_000)
    let span = segment.last - segment.first
    measure("segment, time and bound", count: events) {
        var total: Int64 = 0
        for index in 0..<Int64(events) { total &+= sum(segment.map(segment.first + index % span)) }
        return total
    }
    measure("segment, estimate only", count: events) {
        var total: Int64 = 0
        for index in 0..<Int64(events) { total &+= segment.estimate(segment.first + index % span) }
        return total
    }
    measure("live clock, one probe and one watermark", count: probes.count) {
        var clock = LiveClock()
        for probe in probes {
            _ = clock.observe(probe)
            clock.freeze(through: probe.t3 - 20_000_000)
        }
        return clock.frozenThrough ?? 0
    }
    measure("refined clock, one probe", count: probes.count) { RefinedClock(probes: probes).map(first).estimate }

}

func measureMerge(streams: Int) {
    var tree = LoserTree<MergeKey>()
    // Weyl steps: the same keys each run, in no order that a branch predictor could learn.
    var state: UInt64 = 1
    func gap() -> Int64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Int64(((state ^ (state >> 31)) &* 0xBF58_476D_1CE4_E5B9) >> 53)
    }
    for stream in 0..<streams {
        tree.setKey(MergeKey(time: gap(), node: UInt32(stream), cpu: 0, sequence: 0), of: tree.addStream())
    }
    let gaps = (0..<65536).map { _ in gap() }
    func next(_ key: MergeKey, _ index: Int) -> MergeKey {
        MergeKey(time: key.time + gaps[index & 65535], node: key.node, cpu: 0, sequence: key.sequence + 1)
    }
    measure("loser tree of \(streams), winner and replace", count: events) {
        var times: Int64 = 0
        for index in 0..<events {
            guard let (_, key) = tree.winner else { break }
            times &+= key.time
            tree.replaceWinner(next(key, index))
        }
        return times
    }
    measure("loser tree of \(streams), winner, runner-up and replace", count: events) {
        var times: Int64 = 0
        for index in 0..<events {
            guard let (_, key) = tree.winner else { break }
            times &+= tree.runnerUp.time
            tree.replaceWinner(next(key, index))
        }
        return times
    }
    measure("loser tree of \(streams), block and set again", count: events) {
        var times: Int64 = 0
        for index in 0..<events {
            guard let (stream, key) = tree.winner else { break }
            tree.block(stream)
            tree.setKey(next(key, index), of: stream)
            times &+= key.time
        }
        return times
    }
}

measureClocks()
for streams in [4, 64, 1024] { measureMerge(streams: streams) }
