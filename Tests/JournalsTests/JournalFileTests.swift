import Foundation
import SystemFacts
import Testing

@testable import Journals

struct JournalFileTests {
    private static let header = "TESTJRN1"

    /// Runs `body` with the path of a file that does not exist.
    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("journal-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.appendingPathComponent("journal").path)
    }

    private static let records: [[UInt8]] = [[], [1], Array(repeating: 7, count: 5000)]

    @Test("What was appended is found again, in order")
    func appended() throws {
        try withFile { path in
            let file = try JournalFile(at: path, header: Self.header)
            #expect(file.found.isEmpty && file.cut == 0)
            for record in Self.records { try file.append(record) }
            let again = try JournalFile(at: path, header: Self.header)
            #expect(again.found == Self.records && again.cut == 0)
            try again.append([9])
            #expect(try JournalFile(at: path, header: Self.header).found == Self.records + [[9]])
        }
    }

    @Test("A torn end is cut off, wherever it is torn, and what follows is found")
    func torn() throws {
        let records = Self.records.map { $0.prefix(20) }.map(Array.init)
        try withFile { path in
            let file = try JournalFile(at: path, header: Self.header)
            for record in records { try file.append(record) }
            let whole = try Data(contentsOf: URL(fileURLWithPath: path))
            let lastLength = 8 + 20
            for kept in (whole.count - lastLength)..<whole.count {
                try whole.prefix(kept).write(to: URL(fileURLWithPath: path))
                let again = try JournalFile(at: path, header: Self.header)
                #expect(again.found == Array(records.dropLast()) && again.cut == kept - (whole.count - lastLength))
                try again.append([5])
                #expect(try JournalFile(at: path, header: Self.header).found == records.dropLast() + [[5]])
            }
        }
    }

    @Test("Behind a damaged byte nothing counts, and the records before it do")
    func damaged() throws {
        try withFile { path in
            let file = try JournalFile(at: path, header: Self.header)
            for number in 0..<4 { try file.append([UInt8](repeating: UInt8(number), count: 10)) }
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            bytes[8 + 2 * 18 + 12] ^= 1
            try bytes.write(to: URL(fileURLWithPath: path))
            let again = try JournalFile(at: path, header: Self.header)
            #expect(again.found.count == 2 && again.cut == 2 * 18)
        }
    }

    @Test(
        "A length that no record has is damage",
        arguments: [[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0, 0], []] as [[UInt8]])
    func lengths(bytes: [UInt8]) {
        #expect(JournalRecords.read(bytes[...]).contents.isEmpty)
        #expect(JournalRecords.read(bytes[...]).end == 0)
    }

    @Test("A file of another kind or version is begun anew")
    func otherVersion() throws {
        try withFile { path in
            let file = try JournalFile(at: path, header: "TESTJRN0")
            try file.append([1])
            let again = try JournalFile(at: path, header: Self.header)
            #expect(again.found.isEmpty && again.cut > 0)
            try again.append([2])
            #expect(try JournalFile(at: path, header: Self.header).found == [[2]])
        }
    }

    @Test("Records can be replaced, and the file goes on")
    func replaced() throws {
        try withFile { path in
            let file = try JournalFile(at: path, header: Self.header)
            for record in Self.records { try file.append(record) }
            try file.replace(with: [[1], [2]])
            try file.append([3])
            #expect(try JournalFile(at: path, header: Self.header).found == [[1], [2], [3]])
            #expect(!FileManager.default.fileExists(atPath: path + ".new"))
        }
    }

    @Test("A folder that does not exist is an error")
    func missing() {
        #expect(throws: SystemError.self) { try JournalFile(at: "/nowhere/journal", header: Self.header) }
    }
}
