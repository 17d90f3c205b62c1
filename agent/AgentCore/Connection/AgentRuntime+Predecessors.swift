import Logging
import SystemFacts
import TraceProtocol
import Tracefs

/// What agents before this one have left on the node.
extension AgentRuntime {
    /// From now on this agent's guard knows what the one before has left. The guards of that one have files open, so
    /// nothing could be removed while they are there.
    func dismissGuards(_ journal: StateJournal?, node: String) {
        guard let journal else { return }
        for (session, left) in journal.found.sessions where left.finish == nil {
            guardian.hold(InstanceName(node: node, session: session).text, grace: Agent.defaultLease)
        }
        PredecessorGuards.dismiss(journal.found.guards)
    }

    /// The guards of the agents that died keep the sessions for their lease.
    func pauseInCrashLoop(_ journal: StateJournal?) async {
        guard let lives = journal?.found.vainLives, case .goOn(let pause) = CrashLoop.action(after: lives),
            pause > .zero
        else { return }
        log.warning(
            "agents before this one died as soon as they had taken their sessions over: it waits",
            metadata: ["agents": "\(lives)", "wait_ms": "\(pause.wholeMilliseconds)"])
        try? await Task.sleep(for: pause)
    }

    /// How long a guard may take to wake up when its agent has died, on a busy machine, and a successor to take over.
    private static let patienceWithStale = Duration.seconds(2)

    /// Removes what agents that have ended have left and no successor takes over. Other agents may be on this machine, and
    /// one of them may have died just now.
    func removeStale(_ root: TracefsRoot) throws {
        for stale in try root.removeStaleInstances(
            prefix: InstanceName.prefix, patience: Self.patienceWithStale)
        {
            switch stale.outcome {
            case .removed:
                log.notice("removed the instance of an agent that has ended", metadata: ["name": "\(stale.name)"])
            case .inUse: log.info("left the instance of an agent that runs", metadata: ["name": "\(stale.name)"])
            case .failed(let error):
                log.warning(
                    "the instance of an agent that has ended could not be removed",
                    metadata: ["name": "\(stale.name)", "reason": "\(error)"])
            }
        }
    }

    /// Nil for an agent whose sessions end with it.
    ///
    /// - Throws: when a folder that was asked for cannot be used.
    func journal(node: String, _ facts: WireHostFacts) throws -> StateJournal? {
        let controller = "\(configuration.host):\(configuration.port)"
        let path: String
        switch configuration.state {
        case .none: return nil
        case .usual: path = StateFolder.usualPath(node: node, controller: controller)
        case .folder(let stated): path = stated
        }
        let life = WireAgentLife.with {
            $0.bootID = facts.bootID
            $0.node = node
            $0.controller = controller
            $0.pid = facts.pid
            $0.guard = UInt32(bitPattern: guardian.pid ?? 0)
        }
        do {
            return try StateJournal(in: StateFolder(at: path), life, log: log)
        } catch {
            guard configuration.state == .usual else { throw error }
            log.warning(
                "this agent works without a journal: when it dies its sessions are lost",
                metadata: ["reason": "\(error)"])
            return nil
        }
    }

    func spoolFolder(node: String, _ facts: WireHostFacts) throws(SpoolFolderError) -> SpoolFolder? {
        guard let spool = configuration.spool else { return nil }
        return try SpoolFolder(
            spool.folder, node: node, space: SpoolSpace(limit: spool.bytes, cpus: Int(facts.possibleCpus)))
    }
}
