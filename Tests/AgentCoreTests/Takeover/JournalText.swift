import Journals
import TraceProtocol

@testable import AgentCore

/// A journal's entries while its agent has it open.
enum JournalText {
    static func contents(of path: String) throws -> [WireAgentJournalEntry] {
        try JournalFile(at: path, header: "FLTRJRN1").found.map { try WireAgentJournalEntry(serializedBytes: $0) }
    }
}
