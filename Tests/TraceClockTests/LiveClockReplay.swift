@testable import TraceClock

/// Feeds a trial to a live clock as a controller would: each event is mapped once, when its time is frozen.
struct LiveClockReplay {
    var clock: LiveClock
    /// What was shown, in the order of the events; events after the last watermark are absent.
    var shown: [(event: Double, agent: Int64, time: MappedTime)] = []
    var violations: [String] = []
    var boundedCount = 0

    init(_ trial: Trial, assumptions: ClockAssumptions = .standard) {
        clock = LiveClock(assumptions: assumptions)
        var waiting = trial.events[...]
        for (_, step) in trial.steps {
            switch step {
            case .probe(let probe): _ = clock.observe(probe)
            case .freeze(let watermark):
                clock.freeze(through: watermark)
                guard let frozen = clock.frozenThrough else { continue }
                while let event = waiting.first, trial.node.agent(event) <= frozen {
                    let agent = trial.node.agent(event)
                    shown.append((event, agent, clock.mapNext(agent)))
                    waiting.removeFirst()
                }
            }
        }
        check(trial)
    }

    private mutating func check(_ trial: Trial) {
        var last = Int64.min
        for (event, agent, time) in shown {
            if !trial.node.truth(event, isIn: time) { violations.append("\(event) is outside \(time)") }
            if time.estimate < last { violations.append("\(event): \(time.estimate) after \(last)") }
            if !time.bound.contains(time.estimate) { violations.append("\(event): estimate outside \(time)") }
            last = time.estimate
            let again = clock.map(agent)
            if again != time { violations.append("\(event) was \(time), is now \(again)") }
            if time.quality == .bounded { boundedCount += 1 }
        }
    }
}
