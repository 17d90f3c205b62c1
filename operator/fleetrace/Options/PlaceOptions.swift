import ArgumentParser
import FleetView
import OperatorClient
import Timeline
import UnixSignals

/// Which nodes, by which controller.
struct PlaceOptions: ParsableArguments {
    @Option(
        help: "Nodes: all, a name or pattern, label=value; conditions joined by commas all hold, repeated ones add up.")
    var on: [String] = []

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("No controller: run one here, with N agents of this machine.", valueName: "n"))
    var local: Int?

    func validate() throws {
        if let local, !(1...64).contains(local) { throw ValidationError("--local: 1 to 64 agents") }
    }

    /// Connects, or starts a fleet of this machine and connects to that, for as long as `body` runs. Errors are said on
    /// stderr and become exit statuses.
    func withClient(_ body: (ControllerClient) async throws -> Void) async throws {
        try await withConnector { connect in try await Self.run(try await connect(), body) }
    }

    /// The same for those who connect themselves, perhaps several times, and look after signals.
    func withConnector(_ body: (@escaping ControllerAccess.Connector) async throws -> Void) async throws {
        try await ControllerAccess(connection: connection, local: local).run(connecting: body)
    }

    /// Ctrl-C closes the connection, on which `body` fails: what a local fleet has made is removed then too.
    private static func run(
        _ client: ControllerClient, _ body: (ControllerClient) async throws -> Void
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let watch = Task {
            for await _ in signals {
                await client.close()
                return true
            }
            return false
        }
        do {
            try await body(client)
        } catch {
            watch.cancel()
            if await watch.value { throw CommandError("interrupted") }
            throw error
        }
        watch.cancel()
        await client.close()
    }
}

/// How a table is printed.
enum TableFormat: String, ExpressibleByArgument, CaseIterable {
    case `default`, json
}

/// Writes lines to stdout in one go.
///
/// - Throws: `OutputError`.
func put(_ lines: [String]) throws {
    var bytes: [UInt8] = []
    for line in lines {
        bytes += Array(line.printable.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
    try bytes.withUnsafeBytes { try OutputStream.standardOutput.write($0) }
}
