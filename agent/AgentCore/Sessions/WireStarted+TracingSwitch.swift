import TraceProtocol
import Tracefs

/// What a node replies when a session was switched on or off.
extension WireStarted {
    init(_ change: TracingSwitch, missed: Bool) {
        self.init()
        before = Int64(change.before)
        after = Int64(change.after)
        self.missed = missed
    }
}

extension WireStopping {
    init(_ change: TracingSwitch) {
        self.init()
        before = Int64(change.before)
        after = Int64(change.after)
    }
}
