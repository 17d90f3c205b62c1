import ArgumentParser
import ControllerCore
import FleetView
import OperatorClient
import TextPatterns
import TraceProtocol

struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes",
        abstract: "List the nodes that the controller knows.",
        discussion: """
            CLOCK is how far a time of that node can be wrong at most now, RTT the shortest round trip, CPU the agent's \
            share of one CPU. EVENTS and LOST count since the controller started.

            Examples:
              fleetrace nodes --pki pki --controller 10.0.0.5:7788
              fleetrace nodes --watch --on role=db
              fleetrace nodes --format json
            """)

    @OptionGroup var nodes: NodeOptions

    @Flag(name: .shortAndLong, help: "Redraw the table every second, until q or Ctrl-C.")
    var watch = false

    @Option(help: "default, or json (one object a line).")
    var format = TableFormat.default

    func run() async throws {
        try await nodes.access.withClient { client in
            guard watch else {
                let chosen = try await chosenNodes(client)
                guard !chosen.isEmpty || nodes.on.isEmpty else {
                    throw CommandError("no node matches \(nodes.on.joined(separator: " or "))")
                }
                return try put(Self.lines(chosen, format))
            }
            if format == .default, let terminal = Terminal() {
                try await draw(client, terminal)
            } else {
                while true {
                    try put(Self.lines(try await chosenNodes(client), format) + (format == .default ? [""] : []))
                    try await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    private func chosenNodes(_ client: ControllerClient) async throws -> [WireNodeStatus] {
        let all = try await client.nodes()
        let selectors = try nodes.on.map { text in
            guard let selector = Selector(text) else {
                throw CommandError("\"\(text)\" is no selector (all, a name or pattern, or label=value)")
            }
            return selector
        }
        guard !selectors.isEmpty else { return all }
        return all.filter { node in selectors.contains { $0.matches(name: node.name, labels: node.labels) } }
    }

    private static func lines(_ nodes: [WireNodeStatus], _ format: TableFormat) throws -> [String] {
        format == .json ? try NodeTable.json(nodes) : TextTable.lines(NodeTable.rows(nodes)) + NodeTable.notes(nodes)
    }

    /// On the whole screen. The terminal is as it was when this returns or throws.
    private func draw(_ client: ControllerClient, _ terminal: Terminal) async throws {
        let writer = ScreenWriter(colors: Terminal.wantsColors)
        terminal.enter()
        defer { terminal.leave() }
        let keys = try KeyListener(terminal)
        defer { keys.stop() }
        while !keys.isOver {
            let nodes = try await chosenNodes(client)
            let styles = [.bold] + nodes.map { NodeTable.isBad($0) ? Style.red : .plain }
            let lines = zip(TextTable.lines(NodeTable.rows(nodes)), styles).map { StyledLine($0, $1) }
            // A new size of the terminal, or a key, is noticed within a tenth of a second.
            for _ in 0..<10 where !keys.isOver {
                guard terminal.write(writer.screen(lines, in: terminal.size)) else {
                    throw CommandError("the terminal is gone")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
