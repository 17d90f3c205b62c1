import Foundation
import Logging
import SessionStore
import SystemFacts
import SystemPackage
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite final class LeftoverSessionsTests {
    let path = FilePath("/tmp/fleetrace-leftovers-\(UInt64.random(in: 0 ... .max))")
    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    private static func ended(keep: Bool) -> WireSessionDescription {
        .with {
            $0.state = "complete"
            $0.keep = keep
        }
    }

    @Test("A session is kept for its time, one that is to be kept for ever, and one that was recording is marked")
    func fates() {
        let (young, old) = (LeftoverSessions.age, LeftoverSessions.age + .nanoseconds(1))
        #expect(LeftoverSessions.fate(of: Self.ended(keep: false), age: young) == .kept)
        #expect(LeftoverSessions.fate(of: Self.ended(keep: false), age: old) == .removed)
        #expect(LeftoverSessions.fate(of: Self.ended(keep: true), age: old) == .kept)
        #expect(LeftoverSessions.fate(of: nil, age: young) == .kept)
        #expect(LeftoverSessions.fate(of: nil, age: old) == .removed)
        for keep in [false, true] {
            #expect(
                LeftoverSessions.fate(of: DataFolderTests.description(1, keep: keep), age: old) == .interrupted)
        }
    }

    @Test(
        "What an earlier controller left can be read for a week, and is removed then; open sessions are not looked at")
    func settle() throws {
        let data = try DataFolder(path)
        for session in [1, 2] as [UInt64] { _ = try data.create(DataFolderTests.description(session)) }
        let changed = try SessionDirectory.lastDescribed(in: data.folder(of: 1))
        let leftovers = LeftoverSessions(in: data, log: log)
        func state(_ session: UInt64) throws -> String? {
            try SessionDirectory.find(in: data.folder(of: session))?.description.state
        }

        #expect(leftovers.settle(except: [2], now: changed) == 0)
        #expect(try state(1) == "interrupted: the controller ended")
        #expect(try state(2) == "recording")
        let week = LeftoverSessions.age
        let found = try SessionDirectory.lastDescribed(in: data.folder(of: 1))
        leftovers.settle(except: [2], now: found.advanced(by: week))
        #expect(try state(1) != nil)
        leftovers.settle(except: [2], now: found.advanced(by: week + .nanoseconds(1)))
        #expect(try data.sessions() == (own: [2], others: 0))
    }

    @Test("A manifest that cannot be read costs nothing but a line in the log")
    func brokenManifest() throws {
        let data = try DataFolder(path)
        let session = try data.create(DataFolderTests.description(1))
        let manifest = session.folder.path.appending("manifest.json").string
        try Data("{".utf8).write(to: URL(fileURLWithPath: manifest))
        LeftoverSessions(in: data, log: log).settle(except: [], now: EpochInstant(nanoseconds: .max))
        #expect(try data.sessions() == (own: [1], others: 0))
    }
}
