import Glibc
import SystemFacts

/// Which events are wanted by node, CPU and time: what can be decided without decoding an event.
struct EventWindow {
    private let nodes: Set<Int>?
    private let cpus: Set<UInt32>
    private let includesOthers: Bool
    private let since: TimelineMoment?
    private let until: TimelineMoment?
    /// The time of day at the timeline's origin; the epoch where none is known.
    private let origin: EpochInstant
    private let times: TimeDisplay
    private let hasTimeOfDay: Bool
    /// What `since` and `until` are on the timeline, ns, compared for every event; nil before the first event, from
    /// which they may be counted.
    private var range: (first: Int64, last: Int64)?
    /// No event is left out.
    let isOpen: Bool

    init(_ filter: TimelineFilter, nodes names: [String], epochOffset: Int64?, _ times: TimeDisplay = TimeDisplay()) {
        nodes =
            filter.nodes.isEmpty ? nil : Set(names.indices.filter { filter.nodes.contains(names[$0]) })
        cpus = filter.cpus
        includesOthers = filter.includesOthers
        since = filter.since
        until = filter.until
        origin = EpochInstant(nanoseconds: epochOffset ?? 0)
        hasTimeOfDay = epochOffset != nil
        self.times = times
        isOpen = filter.nodes.isEmpty && cpus.isEmpty && since == nil && until == nil
    }

    func shows(node: Int) -> Bool { includesOthers || isChosen(node) }

    /// Whether conditions on CPUs apply to the node.
    private func isChosen(_ node: Int) -> Bool { nodes?.contains(node) ?? true }

    mutating func admits(node: Int, cpu: UInt32, at time: Int64) -> Bool {
        if range == nil { range = range(firstEvent: time) }
        guard let range, isChosen(node) ? cpus.isEmpty || cpus.contains(cpu) : includesOthers else { return false }
        return time >= range.first && time <= range.last
    }

    /// The time of day that is closest to an event, on the timeline, ns.
    private func time(ofDay time: Duration, near event: Int64) -> Int64 {
        let day: Int64 = 86_400_000_000_000
        let first = origin.advanced(by: .nanoseconds(event))
        var seconds = time_t(first.seconds)
        var parts = tm()
        if times.isUTC { gmtime_r(&seconds, &parts) } else { localtime_r(&seconds, &parts) }
        let clock = Int64(parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec)
        // The zone's offset is that of the event: on a day that changes it the hours before are off by one.
        let sinceMidnight = clock * 1_000_000_000 + first.nanoseconds % 1_000_000_000
        var distance = time.wholeNanoseconds - sinceMidnight
        if distance > day / 2 { distance -= day }
        if distance < -day / 2 { distance += day }
        return event &+ distance
    }

    private func range(firstEvent: Int64) -> (first: Int64, last: Int64) {
        func time(_ moment: TimelineMoment) -> Int64 {
            switch moment {
            case .offset(let offset): firstEvent &+ offset.wholeNanoseconds
            case .seconds(let printed):
                // A trace clock's times are printed where no time of day is known. A number before the first of them
                // cannot be one.
                hasTimeOfDay || times.isRelative || printed.wholeNanoseconds < firstEvent
                    ? firstEvent &+ printed.wholeNanoseconds : printed.wholeNanoseconds
            case .epoch(let time): origin.duration(to: time).wholeNanoseconds
            case .timeOfDay(let time): self.time(ofDay: time, near: firstEvent)
            }
        }
        return (since.map(time) ?? .min, until.map(time) ?? .max)
    }
}
