import TraceProtocol

/// What this node's kernel does for the agent. Every call is made on the control thread.
protocol NodeKernel: Sendable {
    /// Makes everything that a session needs, with recording and counting off.
    ///
    /// - Throws: why the node refuses; nothing is left behind then.
    func prepare(_ request: WirePrepare, _ delivery: SessionDelivery) throws -> any NodeSession

    /// Removes the probes of sessions that no longer exist, of this agent or an earlier one.
    ///
    /// - Returns: what became of each.
    func removeStaleProbes() throws -> [StaleProbes.Removal]

    /// Ends what serves all sessions, after the last of them has been removed.
    func shutDown()
}
