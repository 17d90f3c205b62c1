import Foundation
import Logging
import NIOCore
import SystemFacts
import Testing
import TraceProtocol

@testable import AgentCore

@Suite("What an agent writes down for its successor") struct AgentJournalTests {
    private static func journal(_ entries: [WireAgentJournalEntry]) -> AgentJournal {
        var journal = AgentJournal()
        for entry in entries { journal.apply(entry) }
        return journal
    }

    private static func entry(
        _ what: WireAgentJournalEntry.OneOf_What, session: UInt64 = 0
    ) -> WireAgentJournalEntry {
        .with {
            $0.session = session
            $0.what = what
        }
    }

    private static let begun = entry(.begun(WireAgentLife()))
    private static let trying = entry(.trying(WireAgentTrying()))

    private static let prepared = WirePreparedRecording.with { $0.request.events = ["sched"] }

    @Test("A session's entries say how far it is, until it is over")
    func session() throws {
        var entries = [Self.entry(.prepared(Self.prepared), session: 7)]
        #expect(Self.journal(entries).sessions[7] == JournaledSession(prepared: Self.prepared))
        entries.append(Self.entry(.started(.with { $0.after = 20 }), session: 7))
        entries.append(Self.entry(.gaps(.with { $0.gaps = [.init(from: 21, to: 22, "off")] }), session: 7))
        entries.append(Self.entry(.stopping(.with { $0.at = 30 }), session: 7))
        entries.append(Self.entry(.stopping(.with { $0.at = 40 }), session: 7))
        entries.append(Self.entry(.finished(.with { $0.reason = "lease" }), session: 7))
        let found = try #require(Self.journal(entries).sessions[7])
        #expect(found.started?.after == 20 && found.gaps.map(\.reason) == ["off"])
        #expect(found.stopping?.at == 30, "the first stop counts")
        #expect(found.finish?.reason == "lease")
        entries.append(Self.entry(.over(WireSessionOver()), session: 7))
        #expect(Self.journal(entries).sessions.isEmpty)
    }

    @Test("Entries about sessions that are not there say nothing")
    func unknown() {
        #expect(Self.journal([Self.entry(.started(.with { $0.after = 1 }), session: 9)]) == AgentJournal())
        #expect(Self.journal([WireAgentJournalEntry()]) == AgentJournal())
    }

    @Test("Agents count that began to take over and died without a proof that they can live")
    func vainLives() {
        let first = [Self.begun, Self.entry(.prepared(Self.prepared), session: 7)]
        #expect(Self.journal(first).vainLives == 0)
        let three = first + (0..<3).flatMap { _ in [Self.begun, Self.trying] }
        #expect(Self.journal(three).vainLives == 3)
        #expect(Self.journal(three + [Self.begun]).vainLives == 3, "it died while it paused")
        for proof in [Self.entry(.settled(WireAgentSettled())), Self.entry(.left(WireAgentLeft()))] {
            #expect(Self.journal(three + [proof]).vainLives == 0)
            #expect(Self.journal(three + [proof, Self.begun, Self.trying]).vainLives == 1)
        }
        let over = Self.entry(.over(WireSessionOver()), session: 7)
        #expect(Self.journal(three + [over, Self.begun]).vainLives == 0, "what killed them is gone")
    }

    @Test("A journal that is written anew says the same")
    func compacted() {
        let journal = Self.journal([
            Self.entry(.prepared(Self.prepared), session: 7), Self.begun, Self.trying,
            Self.entry(
                .begun(
                    .with {
                        $0.node = "a"
                        $0.guard = 12
                    })), Self.trying, Self.entry(.guardedBy(13)),
            Self.entry(.gaps(.with { $0.gaps = [.init(from: 21, to: 22, "off")] }), session: 7),
            Self.entry(.prepared(Self.prepared), session: 8), Self.entry(.over(WireSessionOver()), session: 8),
        ])
        #expect(journal.guards == [12, 13])
        let again = Self.journal(journal.entries)
        #expect(again.sessions == journal.sessions && again.vainLives == 2 && again.guards == [12, 13])
        #expect(again.life?.node == "a" && again.entries == journal.entries)
    }

    // MARK: In a folder

    private static func life(boot: String = "b1", node: String = "a") -> WireAgentLife {
        .with {
            $0.bootID = boot
            $0.node = node
            $0.controller = "c:1"
        }
    }

    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test("The next agent finds what the one before has written, and that it was not the first")
    func found() throws {
        try TestFolder.with { path in
            try Self.open(path) { journal in
                #expect(journal.found.sessions.isEmpty)
                journal.write(.prepared(Self.prepared), session: 7)
                journal.write(.started(.with { $0.after = 20 }), session: 7)
                journal.write(.started(.with { $0.after = 20 }), session: 99)
                journal.write(gaps: [.init(from: 1, to: 2, "off")], session: 7)
            }
            try Self.open(path) { journal in
                #expect(Array(journal.found.sessions.keys) == [7] && journal.found.sessions[7]?.gaps.count == 1)
                #expect(journal.found.vainLives == 0)
                journal.write(.trying(WireAgentTrying()))
            }
            try Self.open(path) { #expect($0.found.vainLives == 1) }
        }
    }

    private static func open(
        _ path: String, _ life: WireAgentLife = life(), _ body: (StateJournal) throws -> Void
    ) throws {
        try body(StateJournal(in: StateFolder(at: path), life, log: log))
    }

    @Test("Another boot of the machine: what was recorded is gone, frames included")
    func otherBoot() throws {
        try TestFolder.with { path in
            try Self.open(path) { journal in
                journal.write(.prepared(Self.prepared), session: 7)
                try journal.folder.leave([Frame(.batch, ByteBuffer(repeating: 0, count: 45))], of: 7)
            }
            try Self.open(path, Self.life(boot: "b2")) { journal in
                #expect(journal.found == AgentJournal())
                #expect(journal.folder.undelivered(of: 7).frames.isEmpty)
            }
        }
    }

    @Test("Sessions of another node or controller are not touched")
    func otherNode() throws {
        try TestFolder.with { path in
            try Self.open(path) { $0.write(.prepared(Self.prepared), session: 7) }
            #expect(throws: StateFolderError.self) { try Self.open(path, Self.life(node: "b")) { _ in } }
            try Self.open(path) { #expect($0.found.sessions.count == 1) }
        }
    }

    @Test("Two agents at a time cannot have one folder")
    func locked() throws {
        try TestFolder.with { path in
            let folder = try StateFolder(at: path)
            #expect(throws: StateFolderError.self) { try StateFolder(at: path) }
            withExtendedLifetime(folder) {}
        }
    }

    @Test("A folder that cannot be made, and a journal that is none")
    func unusable() throws {
        #expect(throws: StateFolderError.self) { try StateFolder(at: "/proc/no/such/folder") }
        try TestFolder.with { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try Data("not a journal".utf8).write(to: URL(fileURLWithPath: "\(path)/journal"))
            try Self.open(path) { #expect($0.found == AgentJournal()) }
        }
    }
}

/// A folder of a test's own, which does not exist yet.
enum TestFolder {
    static func with<R>(_ body: (String) throws -> R) rethrows -> R {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("agent-\(UUID())")
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder.path)
    }
}
