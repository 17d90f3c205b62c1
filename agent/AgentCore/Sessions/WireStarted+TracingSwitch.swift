import TraceProtocol
import Tracefs

/// What a node replies when a session was switched on or off.
extension WireStarted {
    init(_ change: TracingSwitch, missed: Bool) {
        self.init()
        before = change.before.nanoseconds
        after = change.after.nanoseconds
        self.missed = missed
    }
}

extension WireStopping {
    init(_ change: TracingSwitch) {
        self.init()
        before = change.before.nanoseconds
        after = change.after.nanoseconds
    }
}
