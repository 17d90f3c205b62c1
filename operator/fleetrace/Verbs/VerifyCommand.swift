import ArgumentParser
import OperatorClient
import SessionStore
import SystemPackage

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a recorded session: is everything on disk as it was written?",
        discussion: """
            Reads the whole session: its manifest, and of each node the segments, the check sum of each record, the \
            numbers of the frames, the form of each frame, and the heads of the batches against the node's totals. \
            Prints a line for each fault, with the file, the offset and the numbers of what is missing, and exits with \
            1 if there is one. 'report' prints what is intact.

            Example:
              fleetrace verify s1
            """)

    @Argument(help: "The session's directory, or the folder of a recording in parts.")
    var session: String

    func run() throws {
        try CommandError.catching {
            var isWhole = true
            for path in RecordingParts.expanded(session) {
                let found = try SessionVerification(FilePath(path))
                for note in found.notes { say("note: \(note)") }
                try put(found.damage + [verdict(found, path)])
                if !found.damage.isEmpty { isWhole = false }
            }
            if !isWhole { throw ExitCode.failure }
        }
    }

    private func verdict(_ found: SessionVerification, _ path: String) -> String {
        guard found.damage.isEmpty else {
            return "\(path): DAMAGED: \(found.damage.count) fault\(found.damage.count == 1 ? "" : "s"), on "
                + "\(found.damagedNodes) of \(found.nodes) nodes"
        }
        return "\(path): whole: \(found.nodes) nodes, \(found.segments) segments, \(found.records) records, "
            + "\(found.events) events"
    }
}
