extension TimelineMerger {
    /// Shows messages that contradict the clocks, each where the receiver's clock puts its receive.
    func show(_ findings: CausalFindings) {
        for found in findings.contradictions {
            let node = nodes[found.receiver]
            let place = node.stampOnTimeline(found.received) ?? .min
            stretches.append((place, .contradiction(found.text), node))
        }
    }
}
