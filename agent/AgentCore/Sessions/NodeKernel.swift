import TraceProtocol

/// What this node's kernel does for the agent.
protocol NodeKernel: Sendable {
    /// Makes everything that a session needs, with recording and counting off. Called on several threads at once, but
    /// for requests with `WirePrepare.changesSharedState`: those one after the other.
    ///
    /// - Throws: why the node refuses; nothing is left behind then.
    func prepare(_ request: WirePrepare, _ delivery: SessionDelivery) throws -> any NodeSession

    /// Takes over what an agent that died has in the kernel of a session. What records goes on recording; nothing is read
    /// before `NodeSession.resume`.
    ///
    /// - Parameter giveUp: ends it instead, unread: why.
    /// - Throws: why it cannot be taken over.
    func takeOver(_ left: JournaledSession, _ delivery: SessionDelivery, giveUp: String?) throws -> any NodeSession

    /// The threads that sessions leave out: the agent's, and those of these other Fleetrace processes.
    func excludedThreads(_ processes: [Int32]) throws -> Set<Int32>

    /// Removes the probes of sessions that no longer exist, of this agent or an earlier one.
    ///
    /// - Returns: what became of each.
    func removeStaleProbes() throws -> [StaleProbes.Removal]

    /// Ends what serves all sessions, after the last of them has been removed.
    func shutDown()
}
