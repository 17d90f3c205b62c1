import SystemFacts

/// When an agent tells the controller where clock probes reach it by UDP. No I/O; time is an argument.
///
/// The agent begins, because it may be behind a router that lets in only what belongs to something that went out. It
/// begins again when it hears nothing: that router may have forgotten, or UDP may be blocked for a time or for good.
struct PathOpening {
    /// The number of the next open.
    private var number: UInt64
    private var dueAt: MonotonicRawInstant
    private var pause = Self.shortestPause

    static let shortestPause = Duration.milliseconds(250)
    /// Between attempts where UDP is blocked.
    static let longestPause = Duration.seconds(15)
    /// A path that carries probes carries one a second at least.
    static let silence = Duration.seconds(3)

    /// - Parameter number: of the first open.
    init(now: MonotonicRawInstant, number: UInt64 = 1) {
        self.number = number
        dueAt = now
    }

    /// The number of an open that is to be sent now; nil if none is.
    mutating func next(now: MonotonicRawInstant) -> UInt64? {
        guard now >= dueAt else { return nil }
        defer { number += 1 }
        dueAt = now.advanced(by: pause)
        pause = min(pause * 2, Self.longestPause)
        return number
    }

    /// A probe has come.
    mutating func heard(at now: MonotonicRawInstant) {
        pause = Self.shortestPause
        dueAt = now.advanced(by: Self.silence)
    }

    /// How long nothing is to be done.
    func wait(now: MonotonicRawInstant) -> Duration { max(.zero, now.duration(to: dueAt)) }
}
