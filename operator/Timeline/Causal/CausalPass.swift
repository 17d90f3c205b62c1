import SessionStore
import TraceClock
import TraceProtocol

/// The first pass over the logs of sessions whose clocks messages tighten: what each log says of its clock, and which
/// messages its events are an end of.
struct CausalPass {
    private let options: CausalOptions
    private var matchers: [Int: MessageMatcher] = [:]
    private var records: [Int: ClockRecords] = [:]
    private var readings: [Int: SessionReadings] = [:]
    private var found: Set<Int> = []

    /// A node of the report.
    struct Node {
        var name: String
        /// The number of the session that it is of; nil for a recording.
        var session: Int?
    }

    init(_ options: CausalOptions) {
        self.options = options
    }

    /// Reads a node's log.
    ///
    /// - Throws: `ReportError` for a rule that does not fit its events.
    mutating func read(_ log: consuming NodeLogReader, node: Int, session: Int) throws {
        var log = log
        var records = ClockRecords()
        var readings = SessionReadings()
        var scan = MessageScan(options.sources, node: node)
        var matcher = matchers[session] ?? MessageMatcher()
        matchers[session] = nil
        // What cannot be read is left out: whoever reads the log again states it.
        while let item = try? log.next() {
            guard case .record(let record) = item else { continue }
            records.add(record.frame)
            readings.add(record)
            if options.readsEvents { try scan.add(record.frame, to: &matcher) }
        }
        matchers[session] = matcher
        self.records[node] = records
        // A watermark is a time of the agent's clock.
        if options.sources.contains(.session), !records.isSlewed { self.readings[node] = readings }
        found.formUnion(scan.found)
    }

    /// The clocks by node, and what the messages did to them.
    ///
    /// - Parameters:
    ///   - nodes: all nodes of the report.
    ///   - wander: what is assumed of the clocks' rates.
    /// - Throws: `ReportError` for a source that found nothing to read.
    mutating func finish(_ nodes: [Node], wander: ClockWander?) throws -> (
        clocks: [Int: SavedClock], findings: CausalFindings
    ) {
        try refuseSourcesWithoutEvents()
        var findings = CausalFindings(nodes.map(\.name))
        let messages = matched(&findings) + (try listed(nodes, &findings))
        let known = nodes.indices.map { clock(of: $0, wander: wander) }
        let clocks = known.map { $0?.stamps }
        let tightening = MessageTightening(clocks, messages, readings: readings.mapValues(\.constraints))
        findings.compare(clocks, with: tightening, matched: messages.count)
        var result: [Int: SavedClock] = [:]
        for (index, clock) in tightening.clocks.enumerated() {
            result[index] = clock.map { SavedClock(stamps: $0, agent: known[index]?.agent) }
        }
        return (result, findings)
    }

    private func refuseSourcesWithoutEvents() throws {
        for (index, side) in MessageScan.sides(options.sources).enumerated()
        where !side.isEmpty && !found.contains(index) {
            throw ReportError(
                options.sources[index / 2] == .tcp
                    ? "--causal tcp: the session has no event \(side): record it with --causal tcp, too"
                    : "--causal: no node's record has an event \(side)")
        }
    }

    /// Messages whose ends are events of the logs.
    private mutating func matched(_ findings: inout CausalFindings) -> [MatchedMessage] {
        var messages: [MatchedMessage] = []
        for session in matchers.keys.sorted() {
            guard var matcher = matchers[session] else { continue }
            messages += matcher.messages()
            findings.add(matcher)
        }
        return messages
    }

    /// Messages of the files of pairs.
    private func listed(_ nodes: [Node], _ findings: inout CausalFindings) throws -> [MatchedMessage] {
        var messages: [MatchedMessage] = []
        for path in options.pairs {
            let file = try MessagePairsFile(path: path, nodes: nodes.map(\.name))
            for message in file.messages {
                let (sender, receiver) = (nodes[message.sender], nodes[message.receiver])
                guard let session = sender.session, session == receiver.session else {
                    throw ReportError("\(path): \(sender.name) and \(receiver.name) are not of one session")
                }
            }
            findings.add(file)
            messages += file.messages
        }
        return messages
    }

    /// A clock whose wander the probes refute rests on the rate range alone: a bound that is not certain could tighten
    /// no other one.
    private func clock(of node: Int, wander: ClockWander?) -> SavedClock? {
        let clock = records[node]?.saved(wander: wander)
        return clock?.stamps.isWanderRefuted == true ? records[node]?.saved() : clock
    }
}
