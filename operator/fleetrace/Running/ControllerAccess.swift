import Glibc
import NIOPosix
import OperatorClient

/// A controller for one command: the fleet's, or with `--local` one in this process with agents of this machine.
struct ControllerAccess {
    var connection: ConnectionOptions
    /// How many agents to start here; nil for the controller that `connection` names.
    var local: Int?

    /// Connects once more.
    typealias Connector = () async throws -> ControllerClient

    /// Connects for as long as `body` runs; what was started here is ended behind it, whatever happens. Errors are said
    /// on stderr and become exit statuses.
    func run(_ body: (ControllerClient) async throws -> Void) async throws {
        try await run(connecting: { connect in try await body(try await connect()) })
    }

    /// The same for those who need more than one connection.
    func run(connecting body: (@escaping Connector) async throws -> Void) async throws {
        signal(SIGPIPE, SIG_IGN)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await CommandError.catching {
            guard let local else { return try await body { try await connection.connect(group: group) } }
            let fleet = try await LocalFleet.start(count: local)
            do {
                try await body { try await fleet.connect(group: group) }
            } catch {
                await fleet.stop()
                throw error
            }
            await fleet.stop()
        }
        try await group.shutdownGracefully()
    }
}
