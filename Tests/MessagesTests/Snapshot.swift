import Foundation
import SafeText
import Testing

/// Messages as a person has read them once, in Tests/Messages: the test compares. With FLEETRACE_RECORD_MESSAGES=1 in the
/// environment it writes the file instead, to be read again.
enum Snapshot {
    struct Message {
        /// What the user did, or the error's case.
        var cause: String
        var text: String
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Messages")

    static func compare(_ messages: [Message], with name: String) throws {
        let file = folder.appendingPathComponent(name + ".txt")
        let text = messages.map { "[\($0.cause)]\n\($0.text.safeLines.joined(separator: "\n"))\n" }.joined(
            separator: "\n")
        if ProcessInfo.processInfo.environment["FLEETRACE_RECORD_MESSAGES"] == "1" {
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        let kept = try String(contentsOf: file, encoding: .utf8)
        let (new, old) = (blocks(text), blocks(kept))
        for block in new where !old.contains(block) {
            Issue.record("not in Messages/\(name).txt, so nobody has read it:\n\(block)")
        }
        for block in old where !new.contains(block) {
            Issue.record("Messages/\(name).txt has what nothing says:\n\(block)")
        }
        for message in messages { Words.check(message.text) }
    }

    private static func blocks(_ text: String) -> [String] {
        text.components(separatedBy: "\n[").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "[\n")) }
    }
}

/// What no message for people may have.
private enum Words {
    private static let marks = [
        "Optional(", "Error(", "errno:", "nil", "descriptor:", "unknown error", "Swift.", "NIO", "IOError", "rawValue",
    ]

    static func check(_ text: String) {
        #expect(!text.isEmpty)
        for mark in marks { #expect(!text.contains(mark), "\(text)") }
        // A Swift value that was not meant for people: `name(label: value)`.
        #expect(text.firstMatch(of: #/[a-z][A-Za-z]*\([a-z][A-Za-z]*: /#) == nil, "\(text)")
    }
}

/// An error of several kinds. A new case needs a kind, or the test does not compile; a kind needs a sample, or it fails.
protocol Sampled: Error {
    associatedtype Kind: CaseIterable, Hashable
    var kind: Kind { get }
    static var samples: [Self] { get }
}

extension Sampled {
    static func messages() -> [Snapshot.Message] {
        #expect(Set(samples.map(\.kind)) == Set(Kind.allCases), "\(Self.self): a kind has no sample")
        return samples.map { Snapshot.Message(cause: "\(Self.self).\($0.kind)", text: "\($0)") }
    }
}
