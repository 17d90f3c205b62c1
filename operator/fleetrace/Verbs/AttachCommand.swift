import ArgumentParser
import Glibc
import NIOPosix
import OperatorClient
import Timeline
import TraceProtocol
import UnixSignals

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Watch a session that somebody else runs, from its beginning.",
        discussion: """
            Ctrl-C stops watching; the session goes on.

            Example:
              fleetrace attach 4f069e1b --where 'prev_comm ~ "postgres*"'
            """)

    @Argument(help: "The session's number, its beginning, or its name (see 'fleetrace sessions').")
    var session: String

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "default, ftrace (the kernel's own lines) or json (one object a line).")
    var format = OutputFormat.default

    @Option(name: .customLong("where"), help: "Print only events for which this holds.")
    var condition: String?

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await CommandError.catching {
            let client = try await connection.connect(group: group)
            try await watch(client)
        }
        try await group.shutdownGracefully()
    }

    private func watch(_ client: ControllerClient) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        var order = WireAttachSession()
        order.session = try await find(client).session
        guard case .attached(let description) = try await client.request(.attachSession(order)) else {
            throw ClientError.unknownAnswer
        }
        let filter = TimelineFilter(condition: condition)
        let (ends, continuation) = AsyncStream<Result<Verdict, any Error>?>.makeStream()
        Worker.start { [format] in
            continuation.yield(
                Result {
                    try SessionRun.read(client.queue, TraceConsumer(description, format: format, filter: filter))
                })
        }
        let watch = Task { for await _ in signals { continuation.yield(nil) } }
        defer { watch.cancel() }
        for await end in ends {
            if end == nil { say("no longer watching; the session goes on") }
            await client.close()
            try end?.get().exit()
            return
        }
    }

    private func find(_ client: ControllerClient) async throws -> WireSessionDescription {
        guard case .sessions(let list) = try await client.request(.listSessions(WireListSessions())) else {
            throw ClientError.unknownAnswer
        }
        let found = list.sessions.filter { $0.identifier.hasPrefix(session) || $0.name == session }
        guard let first = found.first, found.count == 1 else {
            let known = list.sessions.map(\.identifier).joined(separator: ", ")
            throw CommandError(
                found.isEmpty
                    ? "no session \"\(session)\" is running (running: \(known.isEmpty ? "none" : known))"
                    : "\"\(session)\" fits \(found.count) sessions: \(found.map(\.identifier).joined(separator: ", "))")
        }
        return first
    }
}
