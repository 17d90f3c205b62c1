import Tracefs

struct ClockMismatch: Error, CustomStringConvertible {
    var check: TraceClockCheck

    var description: String {
        "the trace clock mono_raw is not this process's CLOCK_MONOTONIC_RAW (\(check)); "
            + "is the agent in a time namespace? Run it in the host's"
    }
}
