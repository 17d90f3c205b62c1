import OperatorClient
import Synchronization

/// Opens connections to a command's controller, and ends them with the command.
final class Connector: Sendable {
    private let interrupts: Interrupts
    private let open: @Sendable () async throws -> ControllerClient
    private let clients = Mutex<[ControllerClient]>([])
    /// What takes the place of a connection that breaks. Nil for a controller in this process, whose connections do not.
    let redialing: Redialing?

    init(
        _ interrupts: Interrupts, _ redialing: Redialing?, open: @escaping @Sendable () async throws -> ControllerClient
    ) {
        self.interrupts = interrupts
        self.redialing = redialing
        self.open = open
    }

    /// Opens a connection. A signal ends the attempt.
    func callAsFunction() async throws -> ControllerClient {
        let client = try await interrupts.race { [open] in try await open() }
        clients.withLock { $0.append(client) }
        return client
    }

    /// Says goodbye on every connection behind `body`, also when that throws: otherwise the controller would wait for
    /// this command to come back to its sessions.
    func closing(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            await close()
            throw error
        }
        await close()
    }

    private func close() async {
        for client in clients.withLock({ $0 }) { await client.close() }
    }
}
