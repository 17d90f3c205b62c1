import Logging
import NIOCore
import SystemFacts
import TraceProtocol
import Tracefs

/// A session that counts: its totals are offered at every interval, and the last ones go into the session's stream.
final class CountingSession: NodeSession {
    private let source: any CountSource
    private let request: WireCountRequest
    private let delivery: SessionDelivery
    private let interval: Duration
    private let thread: ControlThread
    private let log: Logger
    private var started: MonotonicRawInstant?
    private var stopped: MonotonicRawInstant?
    private var change: WireStopping?
    /// The reading that is due next.
    private var sampler: Scheduled<Void>?
    private var looker: Scheduled<Void>?
    /// Of totals with stacks that nobody asked for.
    private var pace: StackTotalsPace?

    /// Where the request names no interval: so the last totals of a node that is lost are known.
    private static let usualInterval = Duration.seconds(1)
    /// Between asking a source to bring itself up to date and reading it.
    private static let refreshTime = Duration.milliseconds(3)

    private init(
        _ source: any CountSource, _ request: WireCountRequest, _ delivery: SessionDelivery, interval: Duration,
        thread: ControlThread, log: Logger
    ) {
        self.source = source
        self.request = request
        self.delivery = delivery
        self.interval = interval
        pace = request.hasStacks && request.intervalMs == 0 ? StackTotalsPace() : nil
        self.thread = thread
        self.log = log
    }

    /// Makes everything, with counting off.
    ///
    /// - Parameter thread: the one that it will be confined to.
    /// - Throws: why the node refuses; nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs, readers: CPUReaders,
        thread: ControlThread, log: Logger
    ) throws -> CountingSession {
        CountingSession(
            try CountWays(request: request, delivery: delivery, tracefs: tracefs, readers: readers).source(),
            request.count, delivery,
            interval: request.count.intervalMs == 0 ? usualInterval : .milliseconds(request.count.intervalMs),
            thread: thread, log: log)
    }

    func prepared() throws -> WirePrepared {
        var prepared = WirePrepared()
        prepared.count = source.plan
        prepared.count.confirm(request)
        prepared.cpus = UInt32(try CPUList.online().cpus.count)
        prepared.events = source.events.map { WireEventName($0) }
        prepared.notes = source.notes
        prepared.functions = source.functions
        return prepared
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        guard stopped == nil else { throw WireRefusal(.wrongState, "the count was stopped before its start") }
        // What needs time is done before the moment.
        try source.refresh()
        let change = try source.start(at: moment)
        let started = MonotonicRawInstant(nanoseconds: change.after)
        self.started = started
        scheduleSample(after: 0, SamplingSchedule(started: started, interval: interval))
        if let interval = source.lookInterval { scheduleLook(every: interval) }
        return change
    }

    func stop(at moment: MonotonicRawInstant?) throws -> WireStopping {
        sampler?.cancel()
        looker?.cancel()
        MonotonicRawInstant.wait(until: moment)
        let change = try source.stop()
        stopped = MonotonicRawInstant(nanoseconds: change.after)
        self.change = change
        return change
    }

    func finish(reason: String, note: (WireFinish) -> Void) throws {
        var finish = WireFinish()
        finish.reason = reason
        finish.counts = try totals(number: 0)
        if let change { finish.stopped = change }
        finish.gaps = source.gaps
        finish.missed = source.missed
        finish.incomplete = source.isIncomplete
        note(finish)
        delivery.stream.append(try .numbered(.finish, finish))
    }

    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool { try source.refreshThreads(wanted) }

    func watermark() -> PendingWatermark? { nil }

    func state() -> WireSessionState? { nil }

    func detach() {
        sampler?.cancel()
        looker?.cancel()
    }

    func remove(inBackground: Bool) throws {
        try source.remove(inBackground: inBackground)
    }

    // MARK: Reading

    private func scheduleSample(after number: UInt64, _ schedule: SamplingSchedule) {
        let next = schedule.next(after: number, now: .now)
        sampler = thread.schedule(after: max(.zero, next.delay - Self.refreshTime)) { [weak self] in
            guard let self, stopped == nil else { return }
            do {
                try source.refresh()
            } catch {
                log.warning("a count cannot be brought up to date", metadata: ["reason": "\(error)"])
            }
            sampler = thread.schedule(after: min(next.delay, Self.refreshTime)) { [weak self] in
                self?.sample(next.number, schedule)
            }
        }
    }

    private func scheduleLook(every interval: Duration) {
        looker = thread.schedule(after: interval) { [weak self] in
            guard let self, stopped == nil else { return }
            try? source.refresh()
            scheduleLook(every: interval)
        }
    }

    private func sample(_ number: UInt64, _ schedule: SamplingSchedule) {
        guard stopped == nil else { return }
        do {
            // Made also where it is not sent: names of stacks are found at every reading, and not all of them at the end.
            let totals = try totals(number: number)
            if pace?.isDue(at: .now) != false {
                let frame = try Frame(.counts, totals)
                delivery.offer(frame)
                pace?.sent(bytes: frame.body.readableBytes, at: .now)
            }
        } catch {
            log.warning("a count could not be read", metadata: ["reason": "\(error)"])
        }
        scheduleSample(after: number, schedule)
    }

    /// Everything counted since the start.
    private func totals(number: UInt64) throws -> WireCountTotals {
        var totals = WireCountTotals()
        totals.session = delivery.session
        totals.number = number
        let counted = try source.rows()
        let at = stopped ?? counted.asOf ?? .now
        totals.at = at.nanoseconds
        totals.elapsedNs = started.map { UInt64(max(0, $0.duration(to: at).wholeNanoseconds)) } ?? 0
        totals.rows = counted.rows
        totals.lost = counted.lost
        totals.unmatched = counted.unmatched
        return totals
    }
}
