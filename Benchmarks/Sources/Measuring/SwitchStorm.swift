import Foundation
import Glibc
import SystemFacts

/// A load of switches between two threads of one CPU, which wake each other through pipes.
enum SwitchStorm {
    /// Runs a fixed number of round trips, two switches each.
    static func run(rounds: Int) {
        // Threads that it starts inherit this. Without CPU 0 it switches less.
        try? CPUAffinity.pinCurrentThread(to: 0)
        var (there, back) = ([Int32](repeating: 0, count: 2), [Int32](repeating: 0, count: 2))
        guard pipe(&there) == 0, pipe(&back) == 0 else { return }
        let (from, to) = (there[0], back[1])
        let other = Thread {
            for _ in 0..<rounds { pass(from, to) }
        }
        other.start()
        var byte: UInt8 = 0
        for _ in 0..<rounds {
            _ = write(there[1], &byte, 1)
            _ = read(back[0], &byte, 1)
        }
        while !other.isFinished { usleep(1000) }
    }

    private static func pass(_ from: Int32, _ to: Int32) {
        var byte: UInt8 = 0
        _ = read(from, &byte, 1)
        _ = write(to, &byte, 1)
    }
}
