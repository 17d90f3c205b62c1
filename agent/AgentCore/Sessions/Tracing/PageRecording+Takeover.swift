import SystemFacts
import TraceProtocol
import Tracefs

/// Recordings of agents that died.
extension PageRecording {
    /// Takes over an instance, as it is.
    ///
    /// - Throws: when it is not there, or another process has it.
    static func takeOver(
        _ left: JournaledSession, session: UInt64, in tracefs: NodeTracefs, readers: CPUReaders
    ) throws -> PageRecording {
        let instance = try SessionInstance.takeOver(left.prepared, session: session, in: tracefs)
        do {
            let cpus = try instance.trace.cpus()
            let share = tracefs.memory.adopt(try instance.trace.bufferSize(cpu: cpus.first ?? 0), cpus: cpus.count)
            instance.afterRemoval { [memory = tracefs.memory] in memory.giveBack(share) }
            let recording = PageRecording(
                session, instance, readers, clock: try left.prepared.request.traceClock, notes: [])
            recording.inheritedGaps = left.gaps.filter { $0.to != 0 }
            if let started = left.started {
                recording.watch.takeOver(
                    open: left.gaps.last { $0.to == 0 }, lastOn: MonotonicRawInstant(nanoseconds: started.after))
            }
            return recording
        } catch {
            instance.leave()
            throw error
        }
    }

    /// What dead agents have read, by the kernel's count. Nobody reads now, so all of it is earlier than now.
    func deadReads() throws -> [UInt32: DeadRead] {
        var reads: [UInt32: DeadRead] = [:]
        for cpu in try instance.trace.cpus() {
            let events = try instance.trace.statistics(cpu: cpu).readEvents
            reads[UInt32(cpu)] = DeadRead(events: UInt64(clamping: events), before: 0)
        }
        let now = MonotonicRawInstant.now.nanoseconds
        return reads.mapValues { DeadRead(events: $0.events, before: now) }
    }

    /// Totals of a recording that nobody reads to its end.
    func unreadTotals(reason: String) throws(TracefsError) -> WireFinish {
        let change = stopped == nil ? try stop() : nil
        var finish = WireFinish()
        finish.reason = reason
        finish.stopped = change ?? stopped ?? WireStopping()
        finish.gaps = gaps
        finish.missed = instance.missed
        for cpu in try instance.trace.cpus() {
            let statistics = try instance.trace.statistics(cpu: cpu)
            finish.cpus.append(
                .with {
                    $0.cpu = UInt32(cpu)
                    $0.recorded = UInt64(clamping: statistics.recorded)
                    $0.lost = UInt64(clamping: statistics.lost)
                })
        }
        return finish
    }
}
