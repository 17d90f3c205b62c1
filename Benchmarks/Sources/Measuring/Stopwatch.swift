import Glibc

/// How long a piece of work took.
struct Elapsed: Sendable {
    /// Seconds on the wall clock.
    var wall = 0.0
    /// Seconds that the calling thread ran. This is what "one core" means on a machine with other work.
    var cpu = 0.0

    static func + (one: Elapsed, other: Elapsed) -> Elapsed {
        Elapsed(wall: one.wall + other.wall, cpu: one.cpu + other.cpu)
    }
}

enum Stopwatch {
    /// Seconds of a clock.
    static func now(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Runs `body` once.
    static func time<T>(_ body: () throws -> T) rethrows -> (T, Elapsed) {
        let (wall, cpu) = (now(CLOCK_MONOTONIC), now(CLOCK_THREAD_CPUTIME_ID))
        let result = try body()
        return (result, Elapsed(wall: now(CLOCK_MONOTONIC) - wall, cpu: now(CLOCK_THREAD_CPUTIME_ID) - cpu))
    }

    /// Runs `body` repeatedly, for at least `seconds` of processor time and at least twice. One run before that is not
    /// counted: it brings in pages and fills caches.
    ///
    /// - Returns: the sum of what `body` returned (its amount of work), and the time.
    static func repeated(_ seconds: Double = 1, _ body: () throws -> Double) rethrows -> (work: Double, Elapsed) {
        _ = try body()
        var work = 0.0
        var total = Elapsed()
        var runs = 0
        while total.cpu < seconds || runs < 2 {
            let (done, elapsed) = try time(body)
            work += done
            total = total + elapsed
            runs += 1
        }
        return (work, total)
    }
}
