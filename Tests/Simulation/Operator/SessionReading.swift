import NIOCore
import SessionStore
import SystemFacts
import TraceClock
import TraceProtocol

/// What a reader of a session's logs has of each node: its events, and what the account makes of the rest.
///
/// The records, the clock and the account are read by the product's own code; only the events in a batch are simulated.
final class SessionReading {
    let session: UInt64
    private(set) var nodes: [ReadNode]
    private(set) var account = SessionAccount(nodes: [])
    private(set) var damage: [String] = []

    /// One node's log.
    struct ReadNode {
        let name: String
        fileprivate var scanner = LogScanner()
        fileprivate var clock = LiveClock()
        private(set) var part = PartAccount()
        private(set) var watched: [Watermark.Entry] = []
        /// Numbers of the events in each batch, in the order of the log, by CPU.
        private(set) var events: [UInt32: [Int]] = [:]
        /// Of the last numbered frame.
        private(set) var sequence: UInt64 = 0
        /// When the session was told to stop: ns of the controller's clock.
        private(set) var stopped: Int64?
        /// What no log may have.
        private(set) var faults: [String] = []
        private(set) var notes: [WireNodeNote.Kind] = []
    }

    init(_ description: WireSessionDescription) {
        session = description.session
        nodes = description.nodes.map { ReadNode(name: $0) }
    }

    /// What was told ahead comes again with the log.
    func append(_ chunk: LogChunk) { if !chunk.isAhead { append(chunk.records, of: Int(chunk.node)) } }

    func append(_ records: ByteBuffer, of node: Int) {
        nodes[node].scanner.feed(records)
        while true {
            switch nodes[node].scanner.next() {
            case .record(let record):
                do { try nodes[node].append(record) } catch { damage.append("\(nodes[node].name): \(error)") }
            case .damage(let offset, let length, let reason):
                damage.append("\(nodes[node].name): \(length) bytes at \(offset) are damaged: \(reason)")
            case .needsMore: return
            }
        }
    }

    /// Nothing more comes.
    func finish(problem: String) {
        let reason = problem.isEmpty ? "its stream is not complete" : problem
        for index in nodes.indices { nodes[index].cutOff(reason) }
        account = SessionAccount(nodes: nodes.map(\.account))
        account.faults = damage + [problem].filter { !$0.isEmpty }
    }
}

extension SessionReading.ReadNode {
    fileprivate mutating func append(_ record: LogRecord) throws {
        let frame = record.frame
        if frame.type.isNumbered { try count(frame) }
        switch frame.type {
        case .batch: try appendBatch(frame)
        case .watermark:
            let stated = try Watermark(frame)
            watched = stated.entries
            if let least = stated.least { part.recorded(through: least, heard: record.received) }
        case .clockSample:
            let sample = try ClockSampleFrame(frame)
            _ = clock.observe(ClockProbe(t1: sample.t1, t2: sample.t2, t3: sample.t3, t4: sample.t4))
        case .finish:
            var body = frame.body
            _ = try StreamNumber(reading: &body, of: frame.type)
            part.add(try Frame(.finish, body).message(), at: record.received)
        case .loss: part.add(try WireStreamLoss(frame))
        case .nodeNote:
            let note: WireNodeNote = try frame.message()
            notes.append(note.kind)
            if note.kind == .stopped, stopped == nil { stopped = note.at }
            part.add(note)
        default: break
        }
    }

    /// Each sequence number stands in a log once, in order (WIRE.md).
    private mutating func count(_ frame: Frame) throws {
        var body = frame.body
        let number = try StreamNumber(reading: &body, of: frame.type).sequence
        if number != sequence + 1 { faults.append("frame \(number) stands behind frame \(sequence)") }
        sequence = number
    }

    private mutating func appendBatch(_ frame: Frame) throws {
        let batch = try Batch(frame)
        var payload = batch.payload
        for _ in 0..<batch.header.events {
            guard let event = payload.readInteger(as: UInt32.self) else { break }
            events[batch.header.cpu, default: []].append(Int(event))
        }
    }

    fileprivate mutating func cutOff(_ reason: String) { part.cutOff(reason) }

    fileprivate var account: SessionAccount.Node {
        SessionAccount.Node(
            name: name, part, arrived: events.mapValues { SessionAccount.Node.Arrived(events: UInt64($0.count)) },
            watched: watched.lazy.map(\.cpu)
        ) { time in
            let mapped = clock.map(time)
            return mapped.quality == .unknown ? nil : mapped.estimate
        }
    }
}
