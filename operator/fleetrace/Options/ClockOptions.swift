import ArgumentParser
import TraceClock

/// How times are bounded.
struct ClockOptions: ParsableArguments {
    enum Bound: String, ExpressibleByArgument, CaseIterable {
        case hard
        case wander
    }

    @Option(
        name: .customLong("clock"),
        help: """
            What bounds of times rest on. hard: a node's clock is off by at most 500 ppm. wander: its rate also stays near \
            its mean (of a quarter of an hour; live, of the last minute), which gives narrower bounds; where the probes refute that, they are wider \
            and end in '?'.
            """)
    var bound = Bound.wander

    @Option(
        name: .customLong("clock-wander"),
        help: ArgumentHelp("How near, for --clock wander (default: 1; 0 to 500).", valueName: "ppm"))
    var allowance: Double?

    func validate() throws {
        guard let allowance else { return }
        guard bound == .wander else { throw ValidationError("--clock-wander goes with --clock wander") }
        guard allowance >= 0, allowance <= 500 else {
            throw ValidationError("--clock-wander takes a number of ppm from 0 to 500")
        }
    }

    /// Nil for bounds that rest on the rate range alone.
    var wander: ClockWander? {
        guard bound == .wander else { return nil }
        return allowance.flatMap { ClockWander(partsPerBillion: Int64(($0 * 1000).rounded(.up))) } ?? .standard
    }
}
