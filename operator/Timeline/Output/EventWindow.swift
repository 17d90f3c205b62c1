/// Which events are wanted by node, CPU and time: what can be decided without decoding an event.
struct EventWindow {
    private let nodes: Set<Int>?
    private let cpus: Set<UInt32>
    private let includesOthers: Bool
    private let since: TimelineMoment?
    private let until: TimelineMoment?
    /// ns from the timeline to the epoch; 0 where no time of day is known.
    private let epochOffset: Int64
    private var firstTime: Int64?
    /// No event is left out.
    let isOpen: Bool

    init(_ filter: TimelineFilter, nodes names: [String], epochOffset: Int64) {
        nodes =
            filter.nodes.isEmpty ? nil : Set(names.indices.filter { filter.nodes.contains(names[$0]) })
        cpus = filter.cpus
        includesOthers = filter.includesOthers
        since = filter.since
        until = filter.until
        self.epochOffset = epochOffset
        isOpen = filter.nodes.isEmpty && cpus.isEmpty && since == nil && until == nil
    }

    func shows(node: Int) -> Bool { includesOthers || isChosen(node) }

    /// Whether conditions on CPUs apply to the node.
    private func isChosen(_ node: Int) -> Bool { nodes?.contains(node) ?? true }

    mutating func admits(node: Int, cpu: UInt32, at time: Int64) -> Bool {
        if firstTime == nil { firstTime = time }
        guard isChosen(node) ? cpus.isEmpty || cpus.contains(cpu) : includesOthers else { return false }
        if let since, time < moment(since) { return false }
        if let until, time > moment(until) { return false }
        return true
    }

    private func moment(_ moment: TimelineMoment) -> Int64 {
        switch moment {
        case .offset(let offset): (firstTime ?? 0) &+ offset
        case .epoch(let time): time &- epochOffset
        }
    }
}
