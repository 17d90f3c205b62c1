import FleetView
import SystemFacts

/// The full screen of `top`: the model, the terminal, and the count by task that is open.
struct TopScreen {
    private var model: TopModel
    private let terminal: Terminal
    private let writer: ScreenWriter
    private var tasks: TaskCount

    init(_ rates: FleetRates, _ terminal: Terminal, tasks: TaskCount) {
        model = TopModel(rates, unicode: Terminal.hasUnicode)
        writer = ScreenWriter(colors: Terminal.wantsColors)
        self.terminal = terminal
        self.tasks = tasks
    }

    /// Runs until the user leaves. The terminal is then as it was, whatever the reason.
    mutating func run(
        _ events: AsyncStream<TopEvent>, _ continuation: AsyncStream<TopEvent>.Continuation
    ) async throws {
        terminal.enter()
        defer { terminal.leave() }
        let keys = try KeyListener(terminal) { keys in
            continuation.yield(keys.map { .keys($0) } ?? .terminalGone)
        }
        defer { keys.stop() }
        var isOver = !draw()
        for await event in events where !isOver {
            switch event {
            case .counts(let report): model.rates.ingest(report)
            case .nodes(let nodes): model.rates.ingest(nodes)
            case .tasks(let number, let report): if number == tasks.number { model.show(keys: TaskCount.rows(report)) }
            case .tasksEnded(let number, let reason): if number == tasks.number { model.remark = reason }
            case .resized: break
            case .keys(let keys): isOver = await press(keys)
            case .stop: isOver = true
            case .terminalGone: throw CommandError("the terminal is gone")
            case .ended(let reason): throw CommandError(reason)
            }
            if isOver { break }
            if !draw() { throw CommandError("the terminal is gone") }
        }
        await tasks.close()
    }

    private mutating func draw() -> Bool {
        terminal.write(writer.screen(model.lines(terminal.size, clock: TimeOfDay.text(.now))))
    }

    /// - Returns: whether a key ends it.
    private mutating func press(_ keys: [Key]) async -> Bool {
        for key in keys {
            switch model.press(key, rows: model.tableRows(terminal.size)) {
            case .none: break
            case .quit: return true
            case .suspend: terminal.suspend()
            case .countKeys(let event, let node):
                if let problem = await tasks.open(event, node) { model.remark = problem }
            case .endKeys: await tasks.close()
            }
        }
        return false
    }
}
