import TraceProtocol
import Tracefs

/// What the kernel and the reading threads have counted.
extension PageRecording {
    /// When not everything was recorded; ns of the trace clock.
    var gaps: [WireRecordingGap] { (inheritedGaps + watch.gaps + instance.gaps).sorted { $0.from < $1.from } }

    /// The final counts, once everything is drained.
    func totals(reason: String) -> WireFinish {
        var finish = WireFinish()
        finish.reason = reason
        if let stopped { finish.stopped = stopped }
        finish.gaps = gaps
        finish.missed = instance.missed
        for tap in taps {
            // What is not known is left out, not 0.
            guard let statistics = try? instance.trace.statistics(cpu: tap.cpu) else {
                finish.incomplete = true
                continue
            }
            var cpu = WireCPUTotals()
            cpu.cpu = UInt32(tap.cpu)
            cpu.sent = tap.events.load(ordering: .acquiring)
            cpu.recorded = UInt64(clamping: statistics.recorded)
            cpu.lost = UInt64(clamping: statistics.lost)
            if statistics.entries > 0 { finish.incomplete = true }
            inheritance.add(to: &cpu)
            finish.cpus.append(cpu)
        }
        return finish
    }

    /// The counts so far.
    func state() -> WireSessionState {
        var state = WireSessionState()
        state.session = session
        state.events = UInt32(events.count)
        for tap in taps {
            var cpu = WireCPUState()
            cpu.cpu = UInt32(tap.cpu)
            cpu.bufferBytes = UInt64((try? instance.trace.bufferSize(cpu: tap.cpu)) ?? 0) << 10
            // Sent is read before recorded, so that nothing counts as sent that is not recorded yet.
            let inherited = inheritance.cpus[cpu.cpu]
            cpu.sent = tap.events.load(ordering: .acquiring) &+ (inherited?.sent ?? 0)
            cpu.lostAtAgent = inherited?.lostAtAgent ?? 0
            if let statistics = try? instance.trace.statistics(cpu: tap.cpu) {
                cpu.recorded = UInt64(clamping: statistics.recorded)
                cpu.lost = UInt64(clamping: statistics.lost)
                cpu.unread = UInt64(clamping: statistics.entries)
                cpu.unreadBytes = UInt64(clamping: statistics.bytes)
            }
            state.cpus.append(cpu)
        }
        return state
    }
}
