import TraceProtocol

/// A session as an agent's journal has it.
struct JournaledSession: Sendable, Equatable {
    var prepared: WirePreparedRecording
    var started: WireStarted?
    var stopping: WireRecordingHalt?
    /// Times of a session that records, at which recording was found off.
    var gaps: [WireRecordingGap] = []
    /// Its totals: its instance is gone, or about to go.
    var finish: WireFinish?

    /// The entries that say the same.
    fileprivate func entries(_ id: UInt64) -> [WireAgentJournalEntry] {
        [
            .prepared(prepared), started.map { .started($0) }, stopping.map { .stopping($0) },
            gaps.isEmpty ? nil : .gaps(.with { $0.gaps = gaps }), finish.map { .finished($0) },
        ].compactMap(\.self).map { what in
            .with {
                $0.session = id
                $0.what = what
            }
        }
    }
}

/// What the entries of an agent's journal say. No I/O, no time.
struct AgentJournal: Sendable, Equatable {
    private(set) var sessions: [UInt64: JournaledSession] = [:]
    /// The last agent that has begun.
    private(set) var life: WireAgentLife?
    /// Processes that clean up when it dies.
    private(set) var guards: [Int32] = []
    /// How many agents in a row have begun to take sessions over and died without having proved that they can live.
    private(set) var vainLives = 0

    mutating func apply(_ entry: WireAgentJournalEntry) {
        let id = entry.session
        switch entry.what {
        case .begun(let life):
            self.life = life
            guards = life.guard > 0 ? [Int32(bitPattern: life.guard)] : []
            if sessions.isEmpty { vainLives = 0 }
        case .trying: vainLives += 1
        case .guardedBy(let pid): guards.append(Int32(bitPattern: pid))
        case .settled, .left: vainLives = 0
        case .prepared(let prepared): sessions[id] = JournaledSession(prepared: prepared)
        case .started(let started): sessions[id]?.started = started
        case .stopping(let halt): if sessions[id]?.stopping == nil { sessions[id]?.stopping = halt }
        case .gaps(let stated): sessions[id]?.gaps = stated.gaps
        case .finished(let finish): sessions[id]?.finish = finish
        case .over: sessions[id] = nil
        // A newer agent's entry.
        case nil: break
        }
    }

    /// Of another boot nothing is left: instances, and what they held, are gone.
    mutating func forgetSessions() { sessions = [:] }

    /// Entries that say all of this.
    var entries: [WireAgentJournalEntry] {
        var entries: [WireAgentJournalEntry] = []
        if var life {
            life.guard = 0
            entries.append(.with { $0.begun = life })
        }
        for _ in 0..<vainLives { entries.append(.with { $0.trying = WireAgentTrying() }) }
        entries += guards.map { pid in .with { $0.guardedBy = UInt32(bitPattern: pid) } }
        return entries + sessions.sorted { $0.key < $1.key }.flatMap { $0.value.entries($0.key) }
    }
}
