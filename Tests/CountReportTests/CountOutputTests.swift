import TestSupport
import Testing
import TraceProtocol

@testable import CountReport

/// From totals to lines.
struct CountOutputTests {
    private static func counts(_ perNode: [[WireCountRow]], events: [String] = ["sys:ev"]) -> FleetCounts {
        let names = perNode.indices.map { "web-\($0)" }
        var counts = FleetCounts(SampleCounts.opened(names.map { ($0, SampleCounts.plan(events)) }))
        counts.ingest(SampleCounts.report(perNode.enumerated().map { ($0, SampleCounts.totals($1)) }))
        return counts
    }

    private static func lines(
        _ counts: FleetCounts, keys: [String] = [], hist: String = "", isByNode: Bool = false, top: Int? = nil,
        width: Int? = nil
    ) -> [String] {
        var order = WireCountRequest()
        order.keys = keys
        order.histogram = hist
        var printer = CountPrinter(
            CountLayout(order, isByNode: isByNode, top: top, width: width), format: .table)
        return printer.lines(counts, CountInterval(counts))
    }

    private static func words(_ line: String?) -> [String] { (line ?? "").split(separator: " ").map(String.init) }

    @Test("Total, rate, least, median and greatest count, each node, and which nodes are far from the median")
    func events() {
        let counts = Self.counts([100, 110, 1400].map { [SampleCounts.row(0, $0, enabled: 1, running: 1)] })
        let lines = Self.lines(counts)
        #expect(Self.words(lines[1]) == ["sys:ev", "1,610", "1610", "100", "110", "1,400", "100", "110", "1,400"])
        #expect(lines.last == "sys:ev: web-2: 13 x the median")
        #expect(Self.words(Self.lines(counts, isByNode: true)[3]) == ["sys:ev", "web-2", "1,400", "1400", "87.0", "%"])
    }

    @Test("A count from a part of the time states that part; one that never ran has no number")
    func multiplexed() {
        let scaled = Self.counts([[SampleCounts.row(0, 900, enabled: 1000, running: 250)]])
        #expect(Self.lines(scaled).first?.contains("RAN") == true)
        #expect(Self.lines(scaled).last?.hasSuffix("25.0 %") == true)
        let never = Self.counts([[SampleCounts.row(0, 0, enabled: 1000, running: 0)]])
        #expect(Self.lines(never).last?.contains("<not counted>") == true)
    }

    @Test(
        "Sums, averages and greatest values stand beside the counts, over the nodes and of what is hidden; JSON and CSV"
    )
    func values() {
        func row(_ key: String, _ count: UInt64, _ sum: Int128, _ greatest: Int128) -> WireCountRow {
            var row = SampleCounts.row(0, count, [.text(key)])
            (row.sums, row.maxima) = ([WireCountNumber(sum)], [WireCountNumber(greatest)])
            return row
        }
        let counts = Self.counts([
            [row("a", 4, -1000, -3), row("b", 2, 1 << 70, 1 << 40)], [row("a", 4, -10, -7), row("c", 1, 5, 5)],
        ])
        var request = WireCountRequest()
        request.keys = ["name"]
        var layout = CountLayout(request, isByNode: false, top: 1, width: nil)
        layout.values = [ValueColumn(.sum, "f", index: 0), .init(.avg, "f", index: 0), .init(.max, "g", index: 0)]
        var table = CountPrinter(layout, format: .table)
        let lines = table.lines(counts, CountInterval(counts))
        #expect(lines[0].contains("COUNT  ") && lines[0].contains("SUM f") && lines[0].contains("MAX g"))
        #expect(Self.words(lines[1])[2...5] == ["8", "-1,010", "-126.25", "-3"])
        #expect(lines[2].contains("1,180,591,620,717,411,303,429") && lines[2].contains("1,099,511,627,776"))
        var json = CountPrinter(layout, format: .json)
        #expect(
            json.lines(counts, CountInterval(counts)).contains {
                $0.contains("\"node\":\"web-0\",\"key\":\"a\",\"count\":4")
                    && $0.hasSuffix("\"sum\":-1000,\"avg\":-250.0,\"max\":-3}")
            })
        var csv = CountPrinter(layout, format: .csv)
        let csvLines = csv.lines(counts, CountInterval(counts))
        #expect(csvLines[0].hasSuffix(",state,sum,avg,max") && csvLines[1].hasSuffix(",-1000,-250.0,-3"))
    }

    @Test("Events that a node could not count are a problem, with the reason for its way of counting")
    func lost() {
        func plan(_ way: WireCountWay) -> WireCountPlan {
            var plan = SampleCounts.plan(["a:in -> a:out"])
            plan.columns[0].way = way
            return plan
        }
        var counts = FleetCounts(
            SampleCounts.opened([("web-0", plan(.histTrigger)), ("web-1", plan(.decodedPages))]))
        var totals = SampleCounts.totals([])
        totals.lost = 7
        var report = SampleCounts.report([(0, totals), (1, totals)])
        for index in report.nodes.indices { report.nodes[index].state = .finished }
        counts.ingest(report)
        #expect(
            CountPrinter.problems(counts) == [
                "node web-0: 7 entries were of more threads than the kernel's table holds: their latencies are not counted",
                "node web-1: 7 events came faster than they could be read and are not counted",
            ])
    }

    @Test("A node that did not count all the time is a problem; one that started a moment late is only stated")
    func gaps() {
        var counts = Self.counts([[SampleCounts.row(0, 5)], [SampleCounts.row(0, 5)]])
        var report = SampleCounts.report([(0, SampleCounts.totals([])), (1, SampleCounts.totals([]))])
        for index in report.nodes.indices { report.nodes[index].state = .finished }
        report.nodes[0].gaps = [WireRecordingGap(from: 1, to: 1_500_000_001, "its lease ran out")]
        report.nodes[1].gaps = [WireRecordingGap(from: 1, to: 2_000_001, "it started late", isTolerated: true)]
        counts.ingest(report)
        #expect(CountPrinter.problems(counts) == ["node web-0: no record for 1.500 s: its lease ran out"])
        #expect(CountPrinter.account(counts).contains("web-1: no record for 0.002 s: it started late"))
    }

    @Test("A node that promised to count and never started is a problem, too")
    func neverStarted() {
        var opened = SampleCounts.opened([("web-0", SampleCounts.plan(["sys:ev"]))])
        opened.sessionDescription.nodes.append("web-1")
        var counts = FleetCounts(opened)
        var report = SampleCounts.report([(0, SampleCounts.totals([])), (1, SampleCounts.totals([]))])
        report.nodes[0].state = .finished
        report.nodes[1].gaps = [WireRecordingGap(from: 1, to: nil, "no memory")]
        counts.ingest(report)
        #expect(CountPrinter.problems(counts) == ["node web-1: no record to the end: no memory"])
    }

    @Test("Keys: the most frequent first, hidden ones as a sum, and `other` always last")
    func keys() {
        let rows = [("a", 5), ("b", 50), ("c", 7)].map { SampleCounts.row(0, $1, [.text($0)]) }
        let counts = Self.counts([rows + [SampleCounts.row(0, 1000, other: true)], rows])
        let all = Self.lines(counts, keys: ["comm"])
        #expect(all.dropFirst().map { Self.words($0)[1] } == ["b", "c", "a", "(other:"])
        #expect(Self.words(all[1]) == ["sys:ev", "b", "100", "100", "8.9", "%"])
        let top = Self.lines(counts, keys: ["comm"], top: 1)
        #expect(top.count == 4)
        #expect(top[2].contains("(2 more)") && top[2].contains(" 24 "))
        #expect(top[3].contains("(other: table full)") && top[3].contains("1,000"))
    }

    @Test("Several keys are columns of their own in CSV and an array in JSON, whatever is in them")
    func severalKeys() throws {
        let counts = Self.counts([
            [SampleCounts.row(0, 5, [.text("a,b"), .number(7)]), SampleCounts.row(0, 1, other: true)]
        ])
        var order = WireCountRequest()
        order.keys = ["comm", "pid"]
        let layout = CountLayout(order, isByNode: false, top: nil, width: nil)
        var csv = CountPrinter(layout, format: .csv)
        let lines = csv.lines(counts, CountInterval(counts, since: nil))
        #expect(lines[0] == "event,node,comm,pid,count,enabled_ns,running_ns,state")
        #expect(lines.contains { $0.contains(",\"a,b\",7,5,") }, "\(lines)")
        #expect(lines.contains { $0.contains(",other,,1,") }, "\(lines)")
        var json = CountPrinter(layout, format: .json)
        let objects = json.lines(counts, CountInterval(counts, since: nil))
        #expect(objects.contains { $0.contains("\"key\":[\"a,b\",\"7\"]") }, "\(objects)")
        #expect(objects.contains { $0.contains("\"key\":\"other\"") }, "\(objects)")
        // One key is a text, as ever.
        order.keys = ["comm"]
        let one = CountLayout(order, isByNode: false, top: nil, width: nil)
        let single = Self.counts([[SampleCounts.row(0, 5, [.text("a,b")])]])
        var plain = CountPrinter(one, format: .json)
        let record = plain.lines(single, CountInterval(single, since: nil))
        #expect(record[0].contains("\"key\":\"a,b\""))
    }

    @Test("Any width: no line is longer, none is missing, and there is no trap", arguments: 1...60)
    func widths(_ width: Int) {
        let keyed = Self.counts(
            (0..<3).map { _ in
                [SampleCounts.row(0, 123_456_789, [.text("a rather long name")], enabled: 5, running: 3)]
            })
        let plain = Self.counts((0..<3).map { _ in [SampleCounts.row(0, 123_456_789, enabled: 5, running: 3)] })
        let buckets = Self.counts([[SampleCounts.row(0, 7, [.number(-2)]), SampleCounts.row(0, 9, [.number(64)])]])
        for lines in [
            Self.lines(keyed, keys: ["comm"], isByNode: true, width: width), Self.lines(plain, width: width),
            Self.lines(buckets, hist: "size", width: width),
        ] {
            #expect(lines.count > 1)
            #expect(lines.allSatisfy { $0.count <= width })
        }
    }

    @Test("A histogram has every power of two from the least to the most, with bars in proportion")
    func histogram() {
        let counts = Self.counts([
            [
                SampleCounts.row(0, 1, [.number(-1)]), SampleCounts.row(0, 100, [.number(2)]),
                SampleCounts.row(0, 50, [.number(3)]),
            ]
        ])
        let lines = Self.lines(counts, hist: "size")
        #expect(lines.first == "sys:ev  151")
        let rows = lines.dropFirst().map { Self.words($0) }
        #expect(rows.map { $0[0] } == ["0", "1", "2", "3..4", "5..8"])
        #expect(rows.map { $0[1] } == ["1", "0", "0", "100", "50"])
        let bars = rows.map { $0.count > 2 ? $0[2].count { $0 == "@" } : 0 }
        #expect(bars[3] == 2 * bars[4] && bars[0] == 1 && bars[1] == 0, "\(lines)")
    }

    @Test("Counts of any value become lines: none at all, and as many as a number holds")
    func extremeCounts() {
        for count in [0, 1, .max] as [UInt64] {
            let bucket = SampleCounts.row(0, count, [.number(3)])
            let node = SampleCounts.row(0, count, enabled: 1, running: .max)
            let counts = Self.counts([[bucket, bucket], [node], [SampleCounts.row(0, 1, enabled: .max, running: 1)]])
            for isByNode in [false, true] {
                #expect(!Self.lines(counts, hist: "size", isByNode: isByNode).isEmpty)
                #expect(!Self.lines(counts, isByNode: isByNode).isEmpty)
            }
        }
        #expect(CountText.share(UInt64.max, of: 1) == "100.0 %")
    }

    @Test("Intervals hold the counts of their time; a key that did not change is not repeated")
    func intervals() {
        var counts = Self.counts([[SampleCounts.row(0, 5, [.text("a")]), SampleCounts.row(0, 6, [.text("b")])]])
        let told = CountInterval.Totals(counts)
        counts.ingest(
            SampleCounts.report([
                (
                    0,
                    SampleCounts.totals(
                        [SampleCounts.row(0, 5, [.text("a")]), SampleCounts.row(0, 9, [.text("b")])],
                        elapsed: 3_000_000_000,
                        number: 2)
                )
            ]))
        let interval = CountInterval(counts, since: told)
        #expect(interval.length == .seconds(2))
        #expect(interval.nodeSums.map(\.value.count) == [3])
    }

    @Test("Counts that overflow when they are added do not end the program")
    func hostileCounts() {
        let rows = [SampleCounts.row(0, .max, [.text("a")]), SampleCounts.row(0, 2, [.text("b")])]
        let lines = Self.lines(Self.counts([rows]), keys: ["comm"])
        #expect(lines.count == 3 && lines.allSatisfy { !$0.contains("1000") })
    }

    @Test("Control characters in a task's name do not reach the terminal")
    func hostileNames() {
        let counts = Self.counts([[SampleCounts.row(0, 5, [.text("\u{1b}[2Jx\u{9b}y\n")])]])
        let lines = Self.lines(counts, keys: ["comm"])
        #expect(lines.count == 2)
        #expect(lines.joined().unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }
}
