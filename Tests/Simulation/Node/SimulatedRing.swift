import TestSupport

/// One CPU's ring buffer, and the truth about it: everything that was ever recorded. Events are numbered from 0.
final class SimulatedRing {
    let cpu: Int
    /// Events that it holds.
    private let capacity: Int
    /// When each event was recorded: ns of the world's time.
    private(set) var times: [Int64] = []
    /// Numbers of events that were overwritten before they were read.
    private(set) var overwritten: [Range<Int>] = []
    private(set) var overrun = 0
    /// The oldest event that was neither read nor overwritten.
    private(set) var next = 0
    private var generator: SplitMix64
    /// ns between two events, on average.
    private let pause: Int
    private var nextTime: Int64 = 0

    /// Beyond this many events, few more come: a simulation of minutes needs no more of them.
    private static let many = 150

    init(cpu: Int, capacity: Int, pause: Int, _ generator: SplitMix64) {
        self.cpu = cpu
        self.capacity = capacity
        self.pause = pause
        self.generator = generator
    }

    /// Recording goes on, or begins.
    func begin(at time: Int64) { nextTime = time + gap() }

    /// Records what happens up to a time.
    func record(upTo end: Int64) {
        while nextTime <= end {
            times.append(nextTime)
            nextTime += gap()
            if times.count - next > capacity { overwriteOldest() }
        }
    }

    private func gap() -> Int64 {
        let scale = times.count < Self.many ? 1 : times.count
        return Int64(1 + generator.below(2 * pause * scale))
    }

    private func overwriteOldest() {
        if let last = overwritten.last, last.upperBound == next {
            overwritten[overwritten.count - 1] = last.lowerBound..<next + 1
        } else {
            overwritten.append(next..<next + 1)
        }
        next += 1
        overrun += 1
    }

    /// Takes events out.
    func read(atMost limit: Int) -> Range<Int> {
        let end = min(times.count, next + limit)
        defer { next = end }
        return next..<end
    }

    var unread: Int { times.count - next }

    /// Events that agents have taken out so far.
    var readEvents: Int { next - overrun }
}
