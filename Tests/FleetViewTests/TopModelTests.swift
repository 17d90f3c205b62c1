import Testing
import TraceProtocol

@testable import FleetView

struct TopModelTests {
    private static let size = ScreenSize(columns: 80, rows: 20)

    /// Nodes a, b and c; c has the first event only.
    private static func opened() -> WireSessionOpened {
        var opened = WireSessionOpened()
        opened.started = true
        opened.sessionDescription.nodes = ["a", "refused", "b", "c"]
        for (name, events) in [("a", ["x:one", "y:two"]), ("b", ["x:one", "y:two"]), ("c", ["x:one"])] {
            var reply = WireNodeReply()
            reply.node = name
            reply.started = true
            for event in events { reply.prepared.count.columns.append(.with { $0.event = event }) }
            opened.replies.append(reply)
        }
        return opened
    }

    private static func report(
        second: UInt64, _ nodes: [UInt32: [UInt64]], states: [UInt32: WireNodeCounts.State] = [:]
    ) -> WireCountReport {
        var report = WireCountReport()
        for (node, counts) in nodes {
            report.nodes.append(
                .with {
                    $0.node = node
                    $0.state = states[node] ?? .counting
                    $0.totals.number = second
                    $0.totals.elapsedNs = second * 1_000_000_000
                    for (column, count) in counts.enumerated() {
                        $0.totals.rows.append(
                            .with {
                                $0.column = UInt32(column); $0.count = count
                            })
                    }
                })
        }
        return report
    }

    private static func model() -> TopModel {
        var rates = FleetRates(opened())
        rates.ingest(report(second: 1, [0: [100, 10], 2: [50, 0], 3: [7]]))
        rates.ingest(report(second: 2, [0: [300, 30], 2: [1050, 0], 3: [7]]))
        return TopModel(rates, unicode: true)
    }

    private static func texts(_ model: inout TopModel, _ size: ScreenSize = size) -> [String] {
        model.lines(size, clock: "12:00:00").map(\.text)
    }

    private static func names(_ model: inout TopModel) -> [String] {
        texts(&model).dropFirst(3).prefix { !$0.isEmpty }.map { String($0.prefix { $0 != " " }) }
    }

    private static func press(_ model: inout TopModel, _ keys: Key...) -> TopModel.Action {
        var action = TopModel.Action.none
        for key in keys { action = model.press(key, rows: 16) }
        return action
    }

    @Test("Nodes by their rates, which are the differences of totals")
    func nodes() {
        var model = Self.model()
        let lines = Self.texts(&model)
        #expect(lines.count == Self.size.rows)
        #expect(lines[0] == "fleetrace top 12:00:00  3 nodes  1.22k events/s  lost 0")
        #expect(lines[1] == "nodes  by rate")
        #expect(Self.names(&model) == ["b", "a", "c"])
        #expect(lines[3].split(separator: " ").prefix(4) == ["b", "1.00k", "1.05k", "0"])
        #expect(lines[4].split(separator: " ").prefix(4) == ["a", "220", "330", "0"])
        #expect(lines[3].hasSuffix("▁█"))
    }

    @Test("Tab shows events; Enter opens one; c asks for its tasks; Esc goes back")
    func navigation() {
        var model = Self.model()
        #expect(Self.press(&model, .tab) == .none)
        #expect(Self.names(&model) == ["x:one", "y:two"])
        _ = Self.press(&model, .down, .enter)
        #expect(Self.texts(&model)[1] == "nodes with x:one  by rate")
        #expect(Self.names(&model) == ["b", "a", "c"])
        #expect(Self.press(&model, .character("c")) == .countKeys(event: "x:one", node: nil))
        #expect(Self.texts(&model)[1].contains("waiting"))
        model.show(keys: [("bash", 3), ("top", 5)])
        #expect(Self.names(&model) == ["top", "bash"])
        #expect(Self.press(&model, .escape) == .endKeys)
        _ = Self.press(&model, .escape, .tab, .down, .down, .enter)
        #expect(Self.texts(&model)[1] == "events of a  by rate")
        #expect(Self.names(&model) == ["x:one", "y:two"])
        #expect(Self.press(&model, .down, .character("c")) == .countKeys(event: "x:one", node: "a"))
        #expect(Self.press(&model, .character("q")) == .quit)
    }

    @Test("Sorting, the other way round, and a filter")
    func order() {
        var model = Self.model()
        _ = Self.press(&model, .character("s"))
        #expect(Self.names(&model) == ["a", "b", "c"])
        _ = Self.press(&model, .character("r"))
        #expect(Self.names(&model) == ["c", "b", "a"])
        #expect(Self.press(&model, .character("/"), .character("q")) == .none)
        #expect(Self.names(&model) == [])
        _ = Self.press(&model, .backspace, .character("["), .character("a"), .character("b"), .character("]"), .enter)
        #expect(Self.texts(&model)[1] == "nodes  by name, reversed  /[ab]")
        #expect(Self.names(&model) == ["b", "a"])
    }

    @Test("A node that can keep no more, or is paused, is red and says so")
    func standstill() {
        var model = Self.model()
        var list = WireNodeList()
        list.nodes = [
            .with {
                $0.name = "a"
                $0.connected = true
                $0.vitals.fullMs = 4000
            }
        ]
        model.rates.ingest(list)
        let lines = model.lines(Self.size, clock: "12:00:00")
        #expect(lines.first { $0.text.hasPrefix("a ") }?.text.hasSuffix("! full for 4s") == true)
        #expect(lines[0].style == .red)
    }

    @Test("A stalled node and one that loses events are red, marked, and counted")
    func losses() {
        var model = Self.model()
        model.rates.ingest(Self.report(second: 3, [2: [1050, 0]], states: [2: .silent]))
        var list = WireNodeList()
        list.nodes = [
            .with {
                $0.name = "a"; $0.connected = true; $0.eventsLost = 5
            }, .with { $0.name = "stranger" },
        ]
        model.rates.ingest(list)
        let lines = model.lines(Self.size, clock: "12:00:00")
        #expect(lines[0].text == "fleetrace top 12:00:00  3 nodes (1 stalled)  220 events/s  lost 5")
        #expect(lines.filter { $0.style == .red }.map { $0.text.prefix(1) } == ["f", "a", "b"])
        #expect(lines.first { $0.text.hasPrefix("b ") }?.text.hasSuffix("! stalled") == true)
        #expect(lines.first { $0.text.hasPrefix("a ") }?.text.hasSuffix("! losing events") == true)
        // Nothing more is lost: it is no news any more.
        model.rates.ingest(list)
        #expect(model.lines(Self.size, clock: "").first { $0.text.hasPrefix("a ") }?.style == .plain)
    }

    @Test("A paused picture stands still, and goes on with what has come meanwhile")
    func pause() {
        var model = Self.model()
        _ = Self.press(&model, .character("p"))
        model.rates.ingest(Self.report(second: 3, [3: [9007]]))
        #expect(Self.texts(&model)[0].hasSuffix("PAUSED"))
        #expect(Self.names(&model) == ["b", "a", "c"])
        _ = Self.press(&model, .character("p"))
        #expect(Self.names(&model) == ["c", "b", "a"])
    }

    @Test(
        "Any size: never more lines nor longer ones than there is room", arguments: [0, 1, 2, 3, 5, 9, 24],
        [0, 1, 5, 20, 39, 80, 300])
    func sizes(rows: Int, columns: Int) {
        var model = Self.model()
        let size = ScreenSize(columns: columns, rows: rows)
        for key in [Key.down, .end, .enter, .escape, .tab, .down, .character("?"), .character("x"), .pageUp] {
            _ = model.press(key, rows: model.tableRows(size))
            let lines = model.lines(size, clock: "12:00:00")
            #expect(lines.count <= rows)
            #expect(lines.allSatisfy { $0.text.count <= columns })
        }
    }

    @Test("The chosen row stays on the screen")
    func scrolling() {
        var opened = WireSessionOpened()
        for index in 0..<100 {
            opened.sessionDescription.nodes.append("n\(index + 100)")
            opened.replies.append(
                .with {
                    $0.node = "n\(index + 100)"; $0.started = true;
                    $0.prepared.count.columns = [.with { $0.event = "e" }]
                })
        }
        var model = TopModel(FleetRates(opened), unicode: false)
        for step in 1...100 {
            _ = model.press(.down, rows: model.tableRows(Self.size))
            let chosen = model.lines(Self.size, clock: "").filter { $0.style == .selected }
            #expect(chosen.map { $0.text.prefix(4) } == ["n\(99 + step)"])
        }
        _ = model.press(.home, rows: 16)
        #expect(model.lines(Self.size, clock: "")[3].style == .selected)
    }

    @Test("Without colours nothing is coloured, and the chosen line is still seen")
    func colors() {
        let lines = [StyledLine("a", .red), StyledLine("b", .dim), StyledLine("c", .selected)]
        #expect(ScreenWriter(colors: true).screen(lines).contains("\u{1b}[1;31ma"))
        let plain = ScreenWriter(colors: false).screen(lines)
        #expect(!plain.contains("31m") && plain.contains("\u{1b}[7mc"))
    }

    @Test("A node that has ended is said to have, with the reason, and is a problem")
    func ended() {
        var rates = Self.model().rates
        #expect(rates.problems.isEmpty)
        var report = Self.report(second: 3, [2: [2000, 0]], states: [2: .finished])
        report.nodes[0].gaps = [WireRecordingGap(from: 1, to: nil, "the agent was stopped")]
        rates.ingest(report)
        #expect(rates.problems == ["node b: no record to the end: the agent was stopped"])
        #expect(rates.plainLines(clock: "12:00:00").last == "12:00:00 b ended: the agent was stopped")
        rates.ingest(Self.report(second: 4, [3: [9]], states: [3: .silent]))
        #expect(rates.problems.last == "node c: it counts no longer")
    }

    @Test("Plain rows where there is no screen")
    func plain() {
        #expect(
            Self.model().rates.plainLines(clock: "12:00:00") == [
                "12:00:00 b x:one 1.00k/s", "12:00:00 a x:one 200/s", "12:00:00 a y:two 20/s",
            ])
    }
}
