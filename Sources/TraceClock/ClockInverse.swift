extension LiveClock {
    /// The reading of the agent's clock at a controller time (ns), future times included: what a node is told to
    /// start at.
    ///
    /// It is the first reading whose estimate is not before `controllerTime`. The bound of `map` there says how far off
    /// it can be. `nil` before the first probe and beyond `ClockLimits`.
    public func agentTime(at controllerTime: Int64) -> Int64? {
        guard epoch != nil || path.last != nil else { return nil }
        let first = path.last == nil ? gap?.start ?? 0 : 0
        // Both clocks run at nearly the same rate, so the error of one guess leads to the next: three come within a few
        // ns.
        var near = newest?.t3
        for _ in 0..<3 {
            near = near.flatMap { near in
                let next = near.addingReportingOverflow(controllerTime &- map(near).estimate)
                return next.overflow || !ClockLimits.accepts(agentTime: next.partialValue) ? nil : next.partialValue
            }
        }
        return firstAgentTime(from: first, near: near) { map($0).estimate >= controllerTime }
    }
}

extension RefinedClock {
    /// The first reading of the agent's clock whose estimate is not before `controllerTime` (ns): where a slice of a
    /// session begins. `nil` when there is none.
    public func agentTime(at controllerTime: Int64) -> Int64? {
        guard case .epoch(let first)? = pieces.first, let last = pieces.last?.last else { return nil }
        return firstAgentTime(from: first.first, through: last) { map($0).estimate >= controllerTime }
    }
}

/// The first time for which `isReached` holds; it holds for all later ones too. Costs about 5 calls when that time lies
/// within a few ns of `near`, and at most 150 anywhere.
private func firstAgentTime(
    from first: Int64, through last: Int64 = ClockLimits.agentTime, near: Int64? = nil, _ isReached: (Int64) -> Bool
) -> Int64? {
    guard first <= last, isReached(last) else { return nil }
    var low = first
    var high = last
    if let near, near >= first, near <= last {
        var step: Int64 = 4
        if isReached(near) {
            high = near
            while high - first > step, isReached(high - step) { (high, step) = (high - step, 2 * step) }
            low = max(first, high - step)
        } else {
            low = near
            while last - low > step, !isReached(low + step) { (low, step) = (low + step, 2 * step) }
            high = min(last, low + step)
        }
    }
    while low < high {
        let middle = low + (high - low) / 2
        if isReached(middle) { high = middle } else { low = middle + 1 }
    }
    return low
}
