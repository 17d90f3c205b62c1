import Foundation
import NIOCore
import SystemPackage
import Testing
import TraceProtocol

@testable import SessionStore

@Suite final class SessionJournalTests {
    private let path = FilePath("/tmp/fleetrace-journal-\(UInt64.random(in: 0 ... .max))")
    private let folder: OpenFolder

    init() throws {
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
        folder = try OpenFolder(at: path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    private static func entry(_ number: Int64) -> WireJournalEntry { .with { $0.starting.at = number } }
    private var file: String { path.appending("journal").string }

    @Test("What was appended is read again, by the next process too")
    func read() throws {
        #expect(try SessionJournal.read(in: folder) == nil)
        let journal = try SessionJournal(in: folder)
        #expect(try SessionJournal.read(in: folder)?.entries == [])
        try journal.append([Self.entry(1), Self.entry(2)])
        let found = try #require(try SessionJournal.read(in: folder))
        try SessionJournal(resuming: folder, found).append([Self.entry(3)])
        #expect(try SessionJournal.read(in: folder)?.entries == [1, 2, 3].map(Self.entry))
        try SessionJournal.remove(from: folder)
        #expect(try SessionJournal.read(in: folder) == nil)
    }

    @Test("A journal that is cut off anywhere says what was whole, and is written on behind that")
    func torn() throws {
        try SessionJournal(in: folder).append([Self.entry(1), Self.entry(2)])
        let whole = try Data(contentsOf: URL(fileURLWithPath: file))
        for length in 8..<whole.count {
            try whole.prefix(length).write(to: URL(fileURLWithPath: file))
            let found = try #require(try SessionJournal.read(in: folder))
            #expect(found.entries.count < 2 && found.entries == [Self.entry(1)].prefix(found.entries.count).map(\.self))
            try SessionJournal(resuming: folder, found).append([Self.entry(9)])
            #expect(try SessionJournal.read(in: folder)?.entries == found.entries + [Self.entry(9)])
        }
    }

    @Test("Nothing behind a damaged entry is believed, and what is no journal is an error")
    func damaged() throws {
        try SessionJournal(in: folder).append([Self.entry(1), Self.entry(2), Self.entry(3)])
        var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let record = (bytes.count - 8) / 3
        bytes[8 + record + record - 1] ^= 1
        try bytes.write(to: URL(fileURLWithPath: file))
        #expect(try SessionJournal.read(in: folder)?.entries == [Self.entry(1)])
        try Data("no journal".utf8).write(to: URL(fileURLWithPath: file))
        #expect(throws: StoreError.self) { try SessionJournal.read(in: folder) }
        try Data("FLT".utf8).write(to: URL(fileURLWithPath: file))
        #expect(throws: StoreError.self) { try SessionJournal.read(in: folder) }
    }
}
