import OperatorClient
import TraceProtocol

/// The count of one event by task that `top` opens below a row. It has a connection of its own and ends with that.
struct TaskCount {
    let selectors: [String]
    let connect: Connector
    let events: AsyncStream<TopEvent>.Continuation
    private var client: ControllerClient?
    /// Of the count that was opened last. Events of earlier ones are out of date.
    private(set) var number = 0

    private static let interval = Duration.seconds(1)

    init(
        selectors: [String], connect: Connector,
        events: AsyncStream<TopEvent>.Continuation
    ) {
        self.selectors = selectors
        self.connect = connect
        self.events = events
    }

    /// Opens a count in place of the one that is open.
    ///
    /// - Parameter node: nil for all nodes that `top` shows.
    /// - Returns: why there is none; nil when it runs.
    mutating func open(_ event: String, _ node: String?) async -> String? {
        await close()
        var request = WireOpenSession()
        request.selectors = node.map { [$0] } ?? selectors
        request.events = [event]
        request.partial = true
        request.count.keys = ["comm"]
        request.count.intervalMs = UInt32(Self.interval / .milliseconds(1))
        do {
            let client = try await connect()
            self.client = client
            let (session, _) = try await OperatorSession.open(request, on: client)
            try session.forEachReport { [events, number] in
                events.yield(.tasks(number: number, $0))
            } onEnd: { [events, number] end in
                events.yield(.tasksEnded(number: number, end.reason))
            }
            return nil
        } catch let error as SessionNotStarted {
            await client?.close()
            return error.lines.joined(separator: "; ")
        } catch {
            return "\(error)"
        }
    }

    mutating func close() async {
        number += 1
        await client?.close()
        client = nil
    }

    static func rows(_ report: WireCountReport) -> [(name: String, count: UInt64)] {
        report.merged.map { row in
            let name = row.other ? "(other)" : row.key.first.map { String(decoding: $0.text, as: UTF8.self) } ?? ""
            // Only ASCII has a known width: terminals differ in how wide they draw other characters.
            return (String(name.map { $0.isASCII ? $0 : "?" }), row.count)
        }
    }
}
