/// How often a path is probed.
struct ProbePace: Hashable, Sendable {
    /// From one train to the next.
    var interval: Duration
    /// Probes at once. The first one wakes the threads at both ends; the next ones find them awake, so they are quicker, and
    /// cost less.
    var train = 1

    /// Without a session.
    static let idle = ProbePace(interval: .seconds(1), train: 2)
    /// Of a node that records. docs/internals/performance.md has the CPU time.
    static let recording = ProbePace(interval: .milliseconds(50))
    /// The same where the path is quick, and every microsecond counts: nearly as many probes, and half of them are quicker.
    static let quick = ProbePace(interval: .milliseconds(120), train: 2)

    /// For a controller that has so many times as many nodes as it can probe as often as it likes.
    func slowed(by factor: Int) -> ProbePace { ProbePace(interval: interval * factor, train: train) }
}
