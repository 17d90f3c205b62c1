import SystemFacts
import TraceProtocol
import Tracefs

extension TracingSession {
    /// Compares the session's trace clock with this process's clock, by which probes are answered and watermarks are
    /// stated. What has changed goes into the session's stream.
    func compareClocks() {
        guard let cpu = recording.taps.first?.cpu else { return }
        let sample: TraceClockCheck.Sample?
        do {
            sample = try recording.instance.trace.clockSample(cpu: cpu)
        } catch {
            // The instance is gone, which others notice.
            return
        }
        guard let change = clockWatch.observe(sample) else { return }
        var metadata = WireNodeMetadata()
        metadata.clockCheck = WireClockCheck(change)
        guard let frame = try? Frame.numbered(.metadata, metadata) else { return }
        stream.append(frame)
    }
}

extension WireClockCheck {
    init(_ change: TraceClockWatch.Change) {
        self.init()
        switch change {
        case .parted(let after, let check):
            self.after = after.nanoseconds
            reason = "the session's trace clock is no longer the agent's clock\(check.difference)"
        case .agrees(let from):
            self.after = from.nanoseconds
            agrees = true
        }
    }
}
