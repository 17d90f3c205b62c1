import CommandArguments
import FleetView
import Glibc
import NIOCore
import NIOPosix
import OperatorClient
import SecureTransport

/// How to reach a controller, and as whom.
struct ControllerEndpoint {
    var address: HostPort
    var files: IdentityFiles
    /// The name that must stand in the controller's certificate.
    var serverName: String

    /// - Parameter queue: what an attached session's stream is put into.
    func connect(group: any EventLoopGroup, filling queue: LogQueue = LogQueue()) async throws -> ControllerClient {
        let tls = try TLSContext.client(files, server: .controller(serverName))
        try tls.require(.operator)
        return try await ControllerClient.connect(
            host: address.host, port: address.port, tls: tls, group: group, filling: queue)
    }
}

/// A controller for one command: the fleet's, or with `--local` one in this process with agents of this machine.
enum ControllerAccess {
    case fleet(ControllerEndpoint)
    case local(agents: Int)

    /// Connects for as long as `body` runs. A signal closes the connection, so that `body` fails and what a local fleet
    /// has made is removed. Errors are printed on stderr and become exit statuses.
    func withClient(_ body: (ControllerClient) async throws -> Void) async throws {
        try await withConnector { connect, interrupts in
            let client = try await connect()
            interrupts.forward { client.interrupt() }
            do {
                try await body(client)
            } catch {
                if interrupts.hasBegun { throw Interrupted() }
                throw error
            }
            await client.close()
        }
    }

    /// For commands that connect more than once or handle signals themselves. A local fleet is stopped after `body`,
    /// also when it throws. Errors are printed on stderr and become exit statuses.
    func withConnector(_ body: (Connector, Interrupts) async throws -> Void) async throws {
        signal(SIGPIPE, SIG_IGN)
        let interrupts = try Interrupts()
        interrupts.atForcedEnd { Terminal.restore() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await CommandError.catching {
            switch self {
            case .fleet(let endpoint):
                let redialing = Redialing(dial: { try await endpoint.connect(group: group, filling: $0) })
                let connector = Connector(interrupts, redialing) { try await endpoint.connect(group: group) }
                try await connector.closing { try await body(connector, interrupts) }
            case .local(let count):
                let fleet = try await LocalFleet.start(count: count, interrupts)
                do {
                    let connector = Connector(interrupts, nil) { try await fleet.connect(group: group) }
                    try await connector.closing { try await body(connector, interrupts) }
                } catch {
                    await fleet.stop()
                    throw error
                }
                await fleet.stop()
            }
        }
        try await group.shutdownGracefully()
    }
}
