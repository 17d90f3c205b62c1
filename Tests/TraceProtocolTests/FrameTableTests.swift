import Foundation
import Testing

@testable import TraceProtocol

/// The table of frames against the declarations of ``FrameType`` and against protocol/WIRE.md.
@Suite struct FrameTableTests {
    @Test("Every declared frame type has exactly one row, and every row a declaration")
    func declaredTypesHaveOneRow() throws {
        let source = try Self.repositoryFile("protocol/TraceProtocol/FrameType.swift")
        let declared = source.matches(of: /static let \w+ = FrameType\(rawValue: 0x([0-9a-fA-F]{2})\)/).compactMap {
            UInt8($0.1, radix: 16)
        }
        #expect(declared.count > 20)
        #expect(FrameTable.rows.map(\.type.rawValue).sorted() == declared.sorted())
        #expect(Set(declared).count == declared.count)
    }

    @Test("No two frames have one name")
    func namesAreUnique() {
        #expect(Set(FrameTable.rows.map(\.name)).count == FrameTable.rows.count)
    }

    @Test("WIRE.md has the same frames: number, name, direction, limit, and which are numbered")
    func documentAgrees() throws {
        let documented = try Self.documentedRows()
        let implemented = FrameTable.rows.map {
            DocumentedFrame(
                number: $0.type.rawValue, name: $0.name, directions: $0.directions.rawValue,
                maximumBody: $0.maximumBody,
                isNumbered: $0.isNumbered)
        }
        #expect(documented.sorted { $0.number < $1.number } == implemented.sorted { $0.number < $1.number })
    }

    /// One row of the table in WIRE.md.
    private struct DocumentedFrame: Equatable {
        let number: UInt8
        let name: String
        let directions: UInt8
        let maximumBody: Int
        let isNumbered: Bool
    }

    private struct UnreadableRow: Error {
        let row: String
    }

    private static func documentedRows() throws -> [DocumentedFrame] {
        try repositoryFile("protocol/WIRE.md").split(separator: "\n").filter { $0.hasPrefix("| 0x") }.map { line in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 5, let number = UInt8(cells[0].dropFirst(2), radix: 16),
                let directions = directions[cells[2]], let limit = bytes(cells[4])
            else { throw UnreadableRow(row: String(line)) }
            return DocumentedFrame(
                number: number, name: cells[1], directions: directions.rawValue, maximumBody: limit,
                isNumbered: cells[3].hasPrefix("stream number, "))
        }
    }

    private static let directions: [String: FrameDirection] = [
        "A,O -> C": .fromPeers, "C -> A,O": .toPeers, "any": .all, "A -> C": .fromAgent, "C -> A": .toAgent,
        "O -> C": .fromOperator, "C -> O": .toOperator, "log only": .log,
    ]

    /// Bytes of a limit such as `12 B + 8192 x 12 B` or `45 B + 4 MiB + 64 KiB`.
    private static func bytes(_ text: String) -> Int? {
        let units = ["B": 1, "KiB": 1 << 10, "MiB": 1 << 20]
        var sum = 0
        for term in text.split(separator: "+") {
            var product = 1
            for factor in term.split(separator: " ") where factor != "x" {
                guard let value = Int(factor) ?? units[String(factor)] else { return nil }
                product *= value
            }
            sum += product
        }
        return sum
    }

    private static func repositoryFile(_ path: String) throws -> String {
        // This file is Tests/TraceProtocolTests/FrameTableTests.swift.
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        return try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
}
