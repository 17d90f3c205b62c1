import ControllerCore
import FleetView
import OperatorClient
import SystemFacts
import TraceProtocol

/// The full screen of `top`: the model, the terminal, and the count by task that is open.
struct TopScreen {
    private var model: TopModel
    private let terminal: Terminal
    private let writer: ScreenWriter
    private let run: TopRun
    private let continuation: AsyncStream<TopRun.Event>.Continuation
    private var tasks: ControllerClient?
    private var tasksNumber = 0

    init(_ rates: FleetRates, _ terminal: Terminal, run: TopRun, _ continuation: AsyncStream<TopRun.Event>.Continuation)
    {
        model = TopModel(rates, unicode: Terminal.hasUnicode)
        writer = ScreenWriter(colors: Terminal.wantsColors)
        self.terminal = terminal
        self.run = run
        self.continuation = continuation
    }

    /// Until it is left. The terminal is then as it was, whatever the reason.
    mutating func run(_ events: AsyncStream<TopRun.Event>) async throws {
        terminal.enter()
        let keys = KeyReader(terminal) { [continuation] keys in
            continuation.yield(keys.map { .keys($0) } ?? .terminalGone)
        }
        defer {
            keys.stop()
            terminal.leave()
        }
        var isOver = !draw()
        for await event in events where !isOver {
            switch event {
            case .counts(let report): model.rates.take(report)
            case .nodes(let list): model.rates.take(list)
            case .tasks(let number, let report): if number == tasksNumber { model.take(keys: Self.rows(report)) }
            case .tasksEnded(let number, let reason): if number == tasksNumber { model.remark = reason }
            case .resized: break
            case .keys(let keys): isOver = await press(keys)
            case .stop: isOver = true
            case .terminalGone: throw CommandError("the terminal is gone")
            case .ended(let reason): throw CommandError(reason)
            }
            if isOver { break }
            if !draw() { throw CommandError("the terminal is gone") }
        }
        await tasks?.close()
    }

    private mutating func draw() -> Bool {
        terminal.write(writer.screen(model.lines(terminal.size, clock: TimeOfDay.text(WallClock.now()))))
    }

    private mutating func press(_ keys: [Key]) async -> Bool {
        for key in keys {
            switch model.press(key, rows: model.tableRows(terminal.size)) {
            case .none: break
            case .quit: return true
            case .suspend: terminal.suspend()
            case .countKeys(let event, let node): await countTasks(event, node)
            case .endKeys:
                tasksNumber += 1
                await tasks?.close()
                tasks = nil
            }
        }
        return false
    }

    /// On a connection of its own: the count ends with it.
    private mutating func countTasks(_ event: String, _ node: String?) async {
        await tasks?.close()
        tasksNumber += 1
        let number = tasksNumber
        var order = WireOpenSession()
        order.selectors = node.map { [$0] } ?? run.on
        order.events = [event]
        order.partial = true
        order.count.keys = ["comm"]
        order.count.intervalMs = 1000
        do {
            let client = try await run.connect()
            tasks = client
            guard case .opened(let opened) = try await client.request(.openSession(order)) else {
                throw ClientError.unknownAnswer
            }
            if !opened.started {
                model.remark = RefusalText.lines(opened.replies.filter(\.isRefusal), of: opened.replies.count)
                    .joined(separator: "; ")
                await client.close()
                return
            }
            Worker.start { [continuation] in Self.read(client.queue, number, continuation) }
        } catch {
            model.remark = "\(error)"
        }
    }

    private static func read(_ queue: LogQueue, _ number: Int, _ continuation: AsyncStream<TopRun.Event>.Continuation) {
        while true {
            for item in queue.take(waiting: 1) {
                switch item {
                case .counts(let report, _): continuation.yield(.tasks(number: number, report))
                case .end(let problem):
                    continuation.yield(
                        .tasksEnded(number: number, problem.isEmpty ? "the count has ended" : problem))
                    return
                case .disconnected(let reason):
                    continuation.yield(.tasksEnded(number: number, reason))
                    return
                case .chunk: break
                }
            }
        }
    }

    private static func rows(_ report: WireCountReport) -> [(name: String, count: UInt64)] {
        report.merged.map { row in
            let name = row.other ? "(other)" : row.key.first.map { String(decoding: $0.text, as: UTF8.self) } ?? ""
            // Of one column each: a terminal's idea of other characters' widths is not known here.
            return (String(name.map { $0.isASCII ? $0 : "?" }), row.count)
        }
    }
}
