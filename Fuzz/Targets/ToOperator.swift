import CountReport
import FleetView
import NIOCore
import TraceProtocol

@testable import OperatorClient
@testable import OperatorTestBench

/// What a controller may send to an operator, as steps, and what the operator prints of it.
@Sendable func fuzzToOperator(_ input: UnsafeRawBufferPointer) {
    var bytes = FuzzBytes(input)
    do {
        let fixture = try ClientFixture()
        var request: UInt64 = 0
        while !bytes.isEmpty, fixture.channel.isActive {
            let step = bytes.byte()
            switch step % 3 {
            case 0: try? fixture.receive(Frame(FrameType(rawValue: bytes.byte()), ByteBuffer(bytes.piece())))
            case 1:
                guard let outcome = try? WireReply(serializedBytes: Array(bytes.piece())).outcome else { continue }
                request += 1
                let result = fixture.request(.listNodes(WireListNodes()))
                try? fixture.reply(to: request, outcome)
                if let reply = result.reply { show(reply) }
            default:
                let opened = try? WireSessionOpened(serializedBytes: Array(bytes.piece()))
                let reports = [bytes.piece(), bytes.piece()].compactMap {
                    try? WireCountReport(serializedBytes: Array($0))
                }
                guard let opened else { continue }
                showCounts(opened, reports, isByNode: step & 8 == 0)
            }
            _ = try fixture.sent()
            _ = fixture.queue.removeAll(waiting: .zero)
        }
        _ = try? fixture.channel.finish(acceptAlreadyClosed: true)
    } catch {
        fatalError("\(error)")
    }
}

private func show(_ reply: WireReply.OneOf_Outcome) {
    switch reply {
    case .nodes(let list):
        for line in NodeTable.rows(list.nodes).joined() { touch(line) }
        for line in (try? NodeTable.json(list.nodes)) ?? [] { touch(line) }
    case .probeReport(let report): for line in ProbeTable(report, probes: ["kprobe:f"]).lines { touch(line) }
    case .listReport(let report):
        if let events = try? FleetEvents(report) {
            let all = (try? events.matching("*")) ?? []
            for line in FleetEvents.lines(all, nodes: 2, fields: true) { touch(line) }
            for line in (try? FleetEvents.json(all, nodes: 2, fields: true)) ?? [] { touch(line) }
        }
        if let names = try? FleetNames(report) {
            for line in FleetNames.lines(names.matching(nil), title: "") { touch(line) }
        }
    case .opened(let opened):
        _ = FleetRates(opened)
        touch(StartText.lines(opened).joined())
    default: break
    }
}

private func showCounts(_ opened: WireSessionOpened, _ reports: [WireCountReport], isByNode: Bool) {
    var counts = FleetCounts(opened)
    for report in reports { counts.ingest(report) }
    let interval = CountInterval(counts)
    var request = WireCountRequest()
    request.keys = ["comm"]
    for keys in [[], ["comm"], ["comm", "cpu"]] {
        request.keys = keys
        for histogram in ["", "latency"] {
            request.histogram = histogram
            let layout = CountLayout(request, isByNode: isByNode, top: 20, width: 80)
            for format in CountFormat.allCases {
                var printer = CountPrinter(layout, format: format)
                for line in printer.lines(counts, interval) { touch(line) }
            }
        }
    }
    for line in CountPrinter.account(counts) + CountPrinter.problems(counts) { touch(line) }
}

private func touch(_ text: String) {
    var text = text
    text.withUTF8 { touch(UnsafeRawBufferPointer($0)) }
}
