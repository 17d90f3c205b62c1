extension WireProbeMisses {
    /// `missed by the probe probe:ret: 20 (more calls ...)`, for people.
    public var summary: String {
        let name = "\(event.system):\(event.name)"
        return "missed by the probe \(name): \(atMost ? "up to " : "")\(missed)"
            + (reason.isEmpty ? "" : " (\(reason))")
    }

    /// Nodes may state so many of one session.
    static let most = 1024
}

extension [WireProbeMisses] {
    /// All of them together.
    public var total: UInt64 { reduce(0) { sum, one in sum.addingReportingOverflow(one.missed).partialValue } }

    /// As many as a reader keeps.
    public var limited: [WireProbeMisses] { Array(prefix(WireProbeMisses.most)) }
}
