import TraceProtocol

extension NodeTimeline {
    /// The node's part of the account, as far as its log has been read.
    var account: SessionAccount.Node { account(streams.mapValues(\.tally)) }

    /// The same with events that were counted elsewhere.
    func account(_ tallies: [UInt32: CPUStream.Tally]) -> SessionAccount.Node {
        SessionAccount.Node(
            name: name, part, kind: recording == nil ? .part : .file, arrived: tallies.mapValues(\.arrived),
            watched: watched.lazy.map(\.cpu), map: onTimeline)
    }

    /// A time stamp of its events on the timeline, both ns; nil while its clock is not known.
    func stampOnTimeline(_ stamp: Int64) -> Int64? {
        let mapped = clock.map(stamp)
        return mapped.quality == .unknown ? nil : mapped.estimate &+ shift
    }

    /// A time of its agent's clock on the timeline, both ns; nil while its clock is not known.
    func onTimeline(_ time: Int64) -> Int64? {
        let mapped = clock.map(agentTime: time)
        return mapped.quality == .unknown ? nil : mapped.estimate &+ shift
    }
}

extension CPUStream.Tally {
    fileprivate var arrived: SessionAccount.Node.Arrived {
        SessionAccount.Node.Arrived(events: events, damaged: damaged, firstDamage: firstDamage)
    }
}

extension TimelineMerger {
    var account: SessionAccount {
        SessionAccount(nodes: nodes.map(\.account), lateEvents: lateEvents)
    }
}
