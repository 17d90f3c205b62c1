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

    /// Runs until the events end. The terminal is then as it was, whatever the reason.
    ///
    /// - Parameter onQuit: called when a key asks for the end.
    mutating func run(
        _ events: AsyncStream<TopEvent>, _ continuation: AsyncStream<TopEvent>.Continuation, onQuit: () -> Void
    ) async throws {
        terminal.enter()
        defer { terminal.leave() }
        let keys = try KeyListener(terminal) { keys in
            continuation.yield(keys.map { .keys($0) } ?? .terminalGone)
        }
        defer { keys.stop() }
        try draw()
        for await event in events {
            switch event {
            case .counts(let report): model.rates.ingest(report)
            case .nodes(let nodes): model.rates.ingest(nodes)
            case .tasks(let number, let report): if number == tasks.number { model.show(keys: TaskCount.rows(report)) }
            case .tasksEnded(let number, let reason): if number == tasks.number { model.remark = reason }
            case .remark(let text): model.remark = text
            case .resized: break
            case .keys(let keys): if await press(keys) { onQuit() }
            case .terminalGone: throw Self.terminalIsGone
            }
            try draw()
        }
        await tasks.close()
    }

    private static let terminalIsGone = CommandError("the terminal is gone")

    private mutating func draw() throws {
        let lines = model.lines(terminal.size, clock: TimeOfDay.text(.now))
        guard terminal.write(writer.screen(lines)) else { throw Self.terminalIsGone }
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
