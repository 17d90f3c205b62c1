import Foundation
import Glibc

/// A load that makes nothing but system calls, as fast as it can: reads, writes, opens, and wake-ups between tasks.
enum SystemCallStorm {
    /// Runs for a time.
    static func run(seconds: Double, threads: Int) {
        let end = Stopwatch.now(CLOCK_MONOTONIC) + seconds
        let workers = (0..<threads).map { _ in
            let thread = Thread { work { Stopwatch.now(CLOCK_MONOTONIC) < end } }
            thread.start()
            return thread
        }
        while workers.contains(where: { !$0.isFinished }) { usleep(10_000) }
    }

    /// Runs a fixed amount of work on the calling thread. One round is some 650 system calls.
    static func run(rounds: Int) {
        var left = rounds
        work {
            left -= 1
            return left >= 0
        }
    }

    private static func work(while goesOn: () -> Bool) {
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        let zero = open("/dev/zero", O_RDONLY | O_CLOEXEC)
        defer {
            close(null)
            close(zero)
        }
        var bytes = [UInt8](repeating: 0, count: 512)
        while goesOn() {
            for turn in 0..<200 {
                _ = read(zero, &bytes, bytes.count)
                _ = write(null, bytes, bytes.count)
                _ = lseek(zero, off_t(turn), SEEK_SET)
                if turn % 16 == 0 {
                    let file = open("/proc/self/stat", O_RDONLY | O_CLOEXEC)
                    close(file)
                    sched_yield()
                }
            }
        }
    }
}
