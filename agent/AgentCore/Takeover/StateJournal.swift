import Journals
import Logging
import Synchronization
import SystemFacts
import TraceProtocol

/// An agent's journal in its state folder. Thread-safe.
final class StateJournal: Sendable {
    let folder: StateFolder
    /// As an earlier agent has left it.
    let found: AgentJournal
    private let file: JournalFile
    private let state: Mutex<State>
    private let log: Logger

    private struct State {
        var journal: AgentJournal
        /// Entries since the file was written anew.
        var entries = 0
        /// Whether a failure to write has been logged.
        var hasFailed = false
    }

    private static let header = "FLTRJRN1"
    /// Behind so many entries the file is written anew, with what still counts.
    private static let mostEntries = 4096

    /// Opens the journal, and writes down that another agent has begun.
    ///
    /// - Throws: `StateFolderError` when it is another node's or another controller's; `SystemError`.
    init(in folder: StateFolder, _ life: WireAgentLife, log: Logger) throws {
        self.folder = folder
        self.log = log
        let file = try JournalFile(at: folder.journal, header: Self.header)
        self.file = file
        var journal = AgentJournal()
        for content in file.found {
            guard let entry = try? WireAgentJournalEntry(serializedBytes: content) else { continue }
            journal.apply(entry)
        }
        if let earlier = journal.life, !journal.sessions.isEmpty,
            (earlier.node, earlier.controller) != (life.node, life.controller)
        {
            throw StateFolderError(
                folder.path,
                "it holds sessions of node \(earlier.node) at controller \(earlier.controller); give this agent another one (--state)"
            )
        }
        if let earlier = journal.life, earlier.bootID != life.bootID {
            if !journal.sessions.isEmpty {
                log.notice(
                    "the machine was started again: the recordings of an earlier agent are gone",
                    metadata: ["sessions": "\(journal.sessions.count)"])
            }
            journal = AgentJournal()
            folder.removeAllFrames()
        }
        if file.cut > 0 {
            log.notice("the end of the journal is torn", metadata: ["file": "\(file.path)", "bytes": "\(file.cut)"])
        }
        found = journal
        journal.apply(.with { $0.begun = life })
        state = Mutex(State(journal: journal))
        try file.replace(with: try journal.entries.map { try $0.serializedBytes() })
    }

    func write(_ what: WireAgentJournalEntry.OneOf_What, session: UInt64 = 0) {
        let entry = WireAgentJournalEntry.with {
            $0.session = session
            $0.what = what
        }
        state.withLock { state in
            if session != 0 {
                if case .prepared = what {} else if state.journal.sessions[session] == nil { return }
            }
            state.journal.apply(entry)
            do {
                state.entries += 1
                if state.entries < Self.mostEntries {
                    try file.append(entry.serializedBytes() as [UInt8])
                } else {
                    state.entries = 0
                    try file.replace(with: try state.journal.entries.map { try $0.serializedBytes() })
                }
                state.hasFailed = false
            } catch {
                guard !state.hasFailed else { return }
                state.hasFailed = true
                log.error(
                    "the journal cannot be written: a successor of this agent will not take its sessions over",
                    metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Recording was found off, or on again.
    func write(gaps: [WireRecordingGap], session: UInt64) {
        let isNews = state.withLock { $0.journal.sessions[session].map { $0.gaps != gaps } ?? false }
        if isNews { write(.gaps(.with { $0.gaps = gaps }), session: session) }
    }
}
