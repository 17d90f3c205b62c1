import SystemFacts
import Tracefs

struct ClockMismatch: Error, CustomStringConvertible {
    var check: TraceClockCheck

    var description: String {
        "the trace clock mono_raw is not this process's CLOCK_MONOTONIC_RAW\(difference); "
            + "is the agent in a time namespace? Run it in the host's"
    }

    private var difference: String {
        switch check {
        case .agrees, .inconsistent: " (\(check))"
        case .differs(let offset):
            " (ahead of it by \(offset.lowerBound.wholeNanoseconds) to \(offset.upperBound.wholeNanoseconds) ns)"
        }
    }
}
