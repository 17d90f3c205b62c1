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
            CLOCK is by how much a time of that node can be wrong at most now, RTT the shortest round trip seen, CPU what \
            the agent takes of one CPU. EVENTS and LOST count since the controller began.

            Examples:
              fleetrace nodes --pki pki --controller 10.0.0.5:7788
              fleetrace nodes --watch --on role=db
              fleetrace nodes --format json
            """)

    @OptionGroup var place: PlaceOptions

    @Flag(name: .shortAndLong, help: "Draw the table anew every second, until q or Ctrl-C.")
    var watch = false

    @Option(help: "default, or json (one object a line).")
    var format = TableFormat.default

    func run() async throws {
        try await place.withClient { client in
            guard watch else {
                let nodes = try await nodes(client)
                guard !nodes.isEmpty || place.on.isEmpty else {
                    throw CommandError("no node matches \(place.on.joined(separator: " or "))")
                }
                return try put(Self.lines(nodes, format))
            }
            if format == .default, let terminal = Terminal() {
                try await draw(client, terminal)
            } else {
                while true {
                    try put(Self.lines(try await nodes(client), format) + (format == .default ? [""] : []))
                    try await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    private func nodes(_ client: ControllerClient) async throws -> [WireNodeStatus] {
        guard case .nodes(let list) = try await client.request(.listNodes(WireListNodes())) else {
            throw ClientError.unknownAnswer
        }
        let selectors = try place.on.map { text in
            guard let selector = Selector(text) else {
                throw CommandError("\"\(text)\" is no selector (all, a name or pattern, or label=value)")
            }
            return selector
        }
        guard !selectors.isEmpty else { return list.nodes }
        return list.nodes.filter { node in selectors.contains { $0.matches(name: node.name, labels: node.labels) } }
    }

    private static func lines(_ nodes: [WireNodeStatus], _ format: TableFormat) throws -> [String] {
        format == .json ? try NodeTable.json(nodes) : TextTable.lines(NodeTable.rows(nodes))
    }

    /// On the whole screen. The terminal is as it was when this returns or throws.
    private func draw(_ client: ControllerClient, _ terminal: Terminal) async throws {
        let writer = ScreenWriter(colors: Terminal.wantsColors)
        terminal.enter()
        let keys = KeyReader(terminal)
        defer {
            keys.stop()
            terminal.leave()
        }
        while !keys.isOver {
            let nodes = try await nodes(client)
            let styles = [.bold] + nodes.map { NodeTable.isBad($0) ? Style.red : .plain }
            let lines = zip(TextTable.lines(NodeTable.rows(nodes)), styles).map { StyledLine($0, $1) }
            // A tenth of a second is soon enough for a new size and for the end.
            for _ in 0..<10 where !keys.isOver {
                guard terminal.write(writer.screen(lines, in: terminal.size)) else {
                    throw CommandError("the terminal is gone")
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
