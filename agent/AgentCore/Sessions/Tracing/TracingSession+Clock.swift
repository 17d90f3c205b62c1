import SystemFacts
import TraceProtocol
import Tracefs

extension TracingSession {
    /// Compares the session's trace clock with this process's reading of it, on which the session's bounds rest. What has
    /// changed goes into the session's stream.
    func compareClocks() {
        guard let cpu = recording.taps.first?.cpu else { return }
        let sample: TraceClockCheck.Sample?
        do {
            sample = try recording.instance.trace.clockSample(cpu: cpu, of: recording.clock)
        } catch {
            // The instance is gone, which others notice.
            return
        }
        // Only tracefs shows to which clock the instance is set. While that is this one, the kernel's own reading of it
        // shows a difference that is too small for tracefs.
        let isSet = sample.map { TraceClockCheck(samples: [$0]).isAgreement } ?? false
        guard let change = clockWatch.observe(isSet ? recording.clock.kernelSample : sample) else { return }
        var metadata = WireNodeMetadata()
        metadata.clockCheck = WireClockCheck(change)
        guard let frame = try? Frame.numbered(.metadata, metadata) else { return }
        stream.append(frame)
    }
    /// Says what the session's trace clock is at present, by the clock in which probes are answered and watermarks are
    /// stated. Sent with each watermark.
    func sendClockReading() {
        guard recording.clock != .monoRaw, stream.hasRoom else { return }
        let metadata = WireNodeMetadata.with { $0.clockReadings = [WireClockReading(recording.clock.reading)] }
        guard let frame = try? Frame.numbered(.metadata, metadata) else { return }
        stream.append(frame)
    }
}

extension WireClockReading {
    init(_ reading: TraceClockReading) {
        self.init()
        before = reading.before.nanoseconds
        clock = reading.clock.nanoseconds
        after = reading.after.nanoseconds
    }
}

extension WirePrepare {
    /// What is to stamp the session's events.
    ///
    /// - Throws: `WireRefusal` for a clock that this agent does not know, and for a count.
    var traceClock: TraceClockSource {
        get throws {
            guard !hasCount || clockSource == .monoRaw else {
                throw WireRefusal(.unsupported, "counts have no time stamps: a trace clock cannot be chosen")
            }
            switch clockSource {
            case .monoRaw: return .monoRaw
            case .boot: return .boot
            case .mono: return .mono
            case .tai: return .tai
            case .UNRECOGNIZED: throw WireRefusal(.unsupported, "this agent does not know the trace clock")
            }
        }
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
