import TraceClock

extension TimelineMerger {
    /// Breaks of clocks whose whole logs have been read. All of them are known before any is shown.
    func showKnownBreaks() {
        for node in nodes { for found in node.clock.knownBreaks { note(found, of: node) } }
        for node in nodes { for found in node.clock.knownBreaks { show(found, of: node) } }
    }

    func note(_ found: ClockBreak, of node: NodeTimeline) {
        if found.isProved { sharedBreaks.add(ClockBreakSpan(found, on: node.stampOnTimeline), of: node.index) }
    }

    func show(_ found: ClockBreak, of node: NodeTimeline) {
        var span = ClockBreakSpan(found, on: node.stampOnTimeline)
        if found.isProved { span.sharers = sharedBreaks.others(of: span, node: node.index).map { nodes[$0].name } }
        stretches.append((span.place, .clockBreak(span), node))
    }
}
