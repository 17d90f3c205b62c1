import OperatorClient
import TraceProtocol

/// Nodes that are this machine: a process has its number there.
enum SameMachine {
    /// Selects the nodes of this machine.
    ///
    /// - Parameter stated: what `--on` states; empty for nothing.
    /// - Throws: `CommandError` when no connected node is this machine, or another one is meant.
    static func selectors(_ stated: [String], _ client: ControllerClient) async throws -> [String] {
        let own = try WireHostFacts.ofThisProcess()
        let nodes = try await client.nodes().filter(\.connected)
        let here = nodes.filter { $0.host.bootID == own.bootID && $0.host.pidNamespace == own.pidNamespace }.map(\.name)
        guard !here.isEmpty else {
            throw CommandError("--follow: no connected node is this machine, where the command runs")
        }
        if let other = stated.first(where: { !here.contains($0) }) {
            throw CommandError(
                "--follow: the command runs on this machine, which is \(here.joined(separator: ", ")); --on \(other) is not"
            )
        }
        return stated.isEmpty ? here : stated
    }
}
