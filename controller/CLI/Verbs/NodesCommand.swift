import ArgumentParser
import FleetView
import NIOPosix
import TraceProtocol

struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes",
        abstract: "List the nodes that the controller knows.",
        discussion: """
            CLOCK is by how much a time of that node can be wrong at most now, RTT the shortest round trip seen.

            Example:
              fleetrace nodes --pki pki --controller 10.0.0.5:7788
            """)

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        try await CommandError.catching {
            let client = try await connection.connect(group: group)
            guard case .nodes(let list) = try await client.request(.listNodes(WireListNodes())) else { return }
            print(Self.table(list).joined(separator: "\n"))
            await client.close()
        }
        try await group.shutdownGracefully()
    }

    static func table(_ list: WireNodeList) -> [String] {
        var rows = [
            ["NODE", "STATE", "KERNEL", "ARCH", "CPUS", "CLOCK", "RTT", "SESSIONS", "EVENTS", "LOST", "LABELS"]
        ]
        for node in list.nodes {
            let labels = node.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            rows.append([
                node.name, node.connected ? "connected" : "gone \(node.lastHeardMs / 1000)s", node.host.kernelRelease,
                node.host.architecture, "\(node.host.onlineCpus)", "±" + duration(node.clockBoundNs),
                duration(node.roundTripNs),
                "\(node.sessions)", "\(node.eventsReceived)", "\(node.eventsLost)", labels.joined(separator: ","),
            ])
        }
        return TextTable.lines(rows)
    }

    private static func duration(_ nanoseconds: Int64) -> String {
        switch nanoseconds {
        case ..<0: "?"
        case ..<1_000_000: "\(nanoseconds / 1000)us"
        case ..<1_000_000_000: "\(nanoseconds / 1_000_000)ms"
        default: "\(nanoseconds / 1_000_000_000)s"
        }
    }
}

/// Rows in columns.
enum TextTable {
    static func lines(_ rows: [[String]]) -> [String] {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += cell.printable + String(repeating: " ", count: width - cell.count + 2)
            }
            while line.hasSuffix(" ") { line.removeLast() }
            return line
        }
    }
}
