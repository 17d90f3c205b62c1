import SystemFacts
import Tracefs

struct ClockMismatch: Error, CustomStringConvertible {
    var check: TraceClockCheck

    var description: String {
        "the trace clock mono_raw is not this process's CLOCK_MONOTONIC_RAW\(check.difference); "
            + "is the agent in a time namespace? Run it in the host's"
    }
}

extension TraceClockCheck {
    /// By how much the trace clock is ahead, in brackets.
    var difference: String {
        switch self {
        case .agrees, .inconsistent: " (\(self))"
        case .differs(let offset):
            " (ahead of it by \(offset.lowerBound.wholeNanoseconds) to \(offset.upperBound.wholeNanoseconds) ns)"
        }
    }
}
