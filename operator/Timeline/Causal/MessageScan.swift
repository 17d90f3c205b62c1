import EventFormat
import RingBuffer
import TraceClock
import TraceProtocol

/// Looks for sends and receives in one node's log. What cannot be read is passed over: whoever reads the log for its
/// events states it.
struct MessageScan {
    private let rules: [CausalSource]
    private let node: Int
    private var layout: SubBufferLayout?
    private var typeOffset = 0
    private var longSize = 8
    /// By the number of the event.
    private var readers: [[MessageKeyReader]] = []
    /// The sides of rules for which the node has an event, as indices into `MessageScan.sides`.
    private(set) var found: Set<Int> = []
    private let unpacker = PageUnpacker()

    init(_ rules: [CausalSource], node: Int) {
        self.rules = rules
        self.node = node
    }

    /// What the sides of the rules are called, for people.
    static func sides(_ rules: [CausalSource]) -> [String] {
        rules.flatMap { rule -> [String] in
            switch rule {
            case .events(let rule): [rule.send.event, rule.receive.event]
            case .tcp: [TCPSegmentReader.sendEvent, TCPSegmentReader.receiveEvent]
            case .session: ["", ""]
            }
        }
    }

    /// Adds one record of the log.
    ///
    /// - Throws: `ReportError` for a rule that does not fit the events.
    mutating func add(_ frame: Frame, to matcher: inout MessageMatcher) throws {
        switch frame.type {
        case .metadata: try addMetadata(frame)
        case .batch:
            guard let layout, !readers.isEmpty, let batch = try? Batch(frame) else { return }
            scan(batch, layout, into: &matcher)
        default: break
        }
    }

    private mutating func addMetadata(_ frame: Frame) throws {
        var body = frame.body
        guard (try? StreamNumber(reading: &body, of: frame.type)) != nil,
            let metadata = try? Frame(.metadata, body).message() as WireNodeMetadata
        else { return }
        if metadata.hasHost { longSize = metadata.host.longSize == 4 ? 4 : 8 }
        if !metadata.headerPage.isEmpty { layout = try? SubBufferLayout(headerPage: metadata.headerPage) }
        for text in metadata.formats where isWanted(text.text) {
            guard let format = try? EventFormat(parsing: text.text, system: text.system, longSize: longSize) else {
                continue
            }
            try add(format)
        }
    }

    /// Whether a format can be of an event that a rule names. Parsing all of a kernel's would take longer than this.
    private func isWanted(_ text: String) -> Bool {
        let first = text.prefix { $0 != "\n" }
        return Self.sides(rules).contains { side in
            !side.isEmpty && first.hasSuffix(side.split(separator: ":").last.map(String.init) ?? side)
        }
    }

    private mutating func add(_ format: EventFormat) throws {
        for (index, rule) in rules.enumerated() {
            switch rule {
            case .session: break
            case .events(let rule):
                for (side, end) in [(rule.send, MessageMatcher.End.send), (rule.receive, .receive)]
                where Self.matches(side.event, format) {
                    add(try MessageKeyReader(side, end, of: format, rule: index), format, side: 2 * index, end)
                }
            case .tcp:
                for (event, end) in [
                    (TCPSegmentReader.sendEvent, MessageMatcher.End.send), (TCPSegmentReader.receiveEvent, .receive),
                ] where format.name == event {
                    add(MessageKeyReader(try TCPSegmentReader(format), end), format, side: 2 * index, end)
                }
            }
        }
    }

    private mutating func add(
        _ reader: MessageKeyReader, _ format: EventFormat, side: Int, _ end: MessageMatcher.End
    ) {
        // Numbers of events have 16 bits.
        guard (0...0xffff).contains(format.id) else { return }
        if format.id >= readers.count { readers += Array(repeating: [], count: format.id + 1 - readers.count) }
        readers[format.id].append(reader)
        found.insert(end == .send ? side : side + 1)
        typeOffset = format.commonFields.first { $0.name == "common_type" }?.offset ?? 0
    }

    /// `event` may lack the system.
    private static func matches(_ event: String, _ format: EventFormat) -> Bool {
        event == format.fullName || event == format.name
    }

    private mutating func scan(_ batch: Batch, _ layout: SubBufferLayout, into matcher: inout MessageMatcher) {
        var memory: UnsafeMutableRawBufferPointer?
        defer { unpacker.pool.retire(&memory, hasEvents: false) }
        guard let pages = try? unpacker.unpack(batch, into: &memory) else { return }
        var sequence = SubBufferSequence(pages, layout: layout, spacing: .packed)
        while let page = try? sequence.next() {
            var records = page.records()
            while let record = try? records.next() { add(record, to: &matcher) }
        }
    }

    private func add(_ record: Record, to matcher: inout MessageMatcher) {
        guard typeOffset + 2 <= record.payload.count else { return }
        let type = Int(record.payload.loadUnaligned(fromByteOffset: typeOffset, as: UInt16.self))
        guard type < readers.count else { return }
        for reader in readers[type] {
            guard let key = reader.key(of: record.payload) else { continue }
            matcher.add(reader.end, key, node: node, at: NodeTimeline.stamp(record.timestamp))
        }
    }
}
