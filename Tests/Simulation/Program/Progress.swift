import Glibc
import Synchronization
import Threads

/// Which schedules are still to be run, and what was found in the others.
final class Progress: Sendable {
    private let state: Mutex<State>
    private let end: UInt64

    private struct State {
        var next: UInt64
        var failed = 0
        var working = 0
    }

    /// Failed schedules that are printed.
    private static let mostShown = 20

    init(_ seeds: Range<UInt64>) {
        state = Mutex(State(next: seeds.lowerBound))
        end = seeds.upperBound
    }

    /// Runs schedules on a thread of its own until none is left.
    func work(_ run: @escaping @Sendable (UInt64) -> [String]) {
        state.withLock { $0.working += 1 }
        do {
            try spawnThread(name: "schedules") { [self] in
                while let seed = next() { done(seed, run(seed)) }
                state.withLock { $0.working -= 1 }
            }
        } catch {
            state.withLock { $0.working -= 1 }
        }
    }

    private func next() -> UInt64? {
        state.withLock { state in
            guard state.next < end else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func done(_ seed: UInt64, _ findings: [String]) {
        guard !findings.isEmpty else { return }
        let failed = state.withLock { state in
            state.failed += 1
            return state.failed
        }
        guard failed <= Self.mostShown else { return }
        print("seed \(seed): \(findings.joined(separator: "; ")) (scripts/simulate --seed \(seed))")
        fflush(nil)
    }

    /// Waits for the last schedule.
    ///
    /// - Returns: how many failed.
    func wait() -> Int {
        while state.withLock({ $0.working > 0 }) { usleep(10_000) }
        return state.withLock { $0.failed }
    }
}
