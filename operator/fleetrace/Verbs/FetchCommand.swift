import ArgumentParser
import Glibc
import SystemPackage

struct FetchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Copy a session from the controller into a directory, to be printed with 'report'.",
        discussion: """
            The directory is what 'record -o' would have made: the controller's logs, byte for byte. Of a session that still \
            runs it is complete when that ends. When the connection breaks, the command connects again and goes on. Ctrl-C \
            ends the copy where it is. Nothing is overwritten.

            Example:
              fleetrace fetch weekly -o s1
            """)

    @OptionGroup var session: SessionArgument

    @Option(name: [.short, .long], help: "The directory to make.")
    var output: String

    func run() async throws {
        let path = FilePath(output)
        try path.requireNothing()
        try await session.connection.access.withConnector { connect, interrupts in
            let attached = AttachedSession(
                name: session.session, role: .copier, connect: connect, interrupts: interrupts)
            try await attached.run { try RecordConsumer($0, at: path) }.exit()
        }
    }
}

extension FilePath {
    /// - Throws: `CommandError` when something has this path: nothing is overwritten.
    func requireNothing() throws {
        guard access(string, F_OK) != 0 else {
            throw CommandError("\(self) exists already; choose another name with -o")
        }
    }
}
