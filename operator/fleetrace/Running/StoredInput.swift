import Glibc
import OperatorClient
import SystemPackage
import TraceProtocol

/// Inputs of a report that are sessions of the controller: they are copied here first, and decoded here.
enum StoredInput {
    /// Whether nothing here has this path, and it may be the name of a session. A name has no slash.
    static func isNoPath(_ input: String) -> Bool {
        access(input, F_OK) != 0 && errno == ENOENT && !input.contains("/") && !input.hasSuffix(".dat")
    }

    /// Where copies go: a session can be larger than what fits into memory, where /tmp often is.
    private static let parent: FilePath = "/var/tmp"

    /// Runs `body` with a path for each input. The copies are removed after it, also when it throws or a signal comes.
    ///
    /// - Parameters:
    ///   - isStored: whether the input is a session of the controller.
    ///   - interruptedStatus: the exit status when a signal comes while `body` runs.
    static func withPaths(
        of inputs: [String], isStored: (String) -> Bool = isNoPath, interruptedStatus: Int32 = 1, _ connect: Connector,
        _ interrupts: Interrupts, _ body: ([String], ScratchFolder) throws -> Void
    ) async throws {
        let folder = try ScratchFolder(in: parent)
        defer { folder.remove() }
        interrupts.atForcedEnd { folder.remove() }
        var paths: [String] = []
        for (index, input) in inputs.enumerated() {
            guard isStored(input) else {
                paths.append(input)
                continue
            }
            let copy = folder.path.appending("\(index)")
            do {
                try await self.copy(input, to: copy, connect, interrupts)
            } catch let error as ClientError {
                throw CommandError(
                    "cannot open \(input): \(String(cString: strerror(ENOENT))); nor is it a session of the controller: \(error)"
                )
            }
            paths.append(copy.string)
        }
        interrupts.forward {
            folder.remove()
            _exit(interruptedStatus)
        }
        try body(paths, folder)
    }

    private static func copy(
        _ name: String, to path: FilePath, _ connect: Connector, _ interrupts: Interrupts
    ) async throws {
        let session = AttachedSession(name: name, role: .copier, connect: connect, interrupts: interrupts)
        let ending = try await session.run(check: check) { try CopyConsumer($0, at: path) }
        if interrupts.hasBegun { throw Interrupted() }
        if case .failed(let error) = ending { throw error }
    }

    /// A report has an end, and a session that runs has none yet.
    private static func check(_ description: WireSessionDescription) throws {
        guard description.isRunning else { return }
        throw CommandError(
            "session \(description.calling) still records: watch it with 'fleetrace attach', or stop it first ('fleetrace stop')"
        )
    }
}
