import NIOCore
import SwiftProtobuf
import TraceProtocol

/// What is found when one node's log is read to its end and everything in it is checked that can be: segments, records,
/// numbers, the form of each frame, and the heads of the batches against the node's totals.
struct NodeVerification {
    private(set) var damage: [LogDamage] = []
    /// Of damage that is not listed any more.
    private(set) var furtherDamage = 0
    private(set) var segments = 0
    private(set) var records: UInt64 = 0
    private(set) var events: [UInt32: UInt64] = [:]
    private(set) var numbers = MissingNumbers()
    private var finish: WireFinish?
    /// The log says why there is no Finish.
    private var isGivenUp = false

    private static let mostDamage = 1000

    /// - Parameter manifest: of the session.
    init(_ files: NodeLogFiles, _ manifest: WireSessionDescription) throws(StoreError) {
        var reader = NodeLogReader(files)
        while let item = try reader.next() {
            switch item {
            case .damage(let found): add(found)
            case .record(let record):
                records += 1
                check(record, &reader, session: manifest.session)
            }
        }
        segments = reader.segment
        if manifest.hasEnded { checkEnd(files, isCutOff: reader.version != 1 && !reader.isClosed) }
    }

    private mutating func checkEnd(_ files: NodeLogFiles, isCutOff: Bool) {
        var place = LogDamage(path: files.path, segment: segments, reason: "it has no log")
        guard segments > 0 else { return add(place) }
        place.path = files.path(segments)
        if isCutOff {
            place.reason = "it is cut off: its closing record is missing"
            add(place)
        }
        if let finish {
            compare(finish, place)
        } else if !isGivenUp {
            place.reason = "the node's last frame is missing"
            add(place)
        }
    }

    private mutating func add(_ found: LogDamage) {
        if damage.count < Self.mostDamage { damage.append(found) } else { furtherDamage += 1 }
    }

    private mutating func check(_ record: LogRecord, _ reader: inout NodeLogReader, session: UInt64) {
        do throws(ProtocolError) {
            let frame = record.frame
            if frame.type.isNumbered { try checkNumber(frame, reader, session: session) }
            switch frame.type {
            case .batch:
                let header = try Batch(frame).header
                events[header.cpu, default: 0] &+= UInt64(header.events)
            case .metadata: let _: WireNodeMetadata = try frame.numberedMessage()
            case .finish: finish = try frame.numberedMessage()
            case .watermark: _ = try Watermark(frame)
            case .clockSample: _ = try ClockSampleFrame(frame)
            case .nodeNote:
                let note: WireNodeNote = try frame.message()
                if [.gaveUp, .restarted, .damaged, .refused].contains(note.kind) { isGivenUp = true }
            default: break
            }
        } catch {
            add(reader.fault("\(error)"))
        }
    }

    private mutating func checkNumber(
        _ frame: Frame, _ reader: borrowing NodeLogReader, session: UInt64
    ) throws(ProtocolError) {
        var body = frame.body
        let number = try StreamNumber(reading: &body, of: frame.type)
        guard number.session == session else {
            return add(reader.fault("it belongs to session \(String(number.session, radix: 16))"))
        }
        if finish != nil { add(reader.fault("frame \(number.sequence) follows the node's last frame")) }
        switch numbers.add(number.sequence) {
        case .next: break
        case .after(let missing): add(reader.hole("\(MissingNumbers.text(missing))"))
        case .again: add(reader.fault("frame \(number.sequence) has been there before, or a later one"))
        }
    }

    /// The heads of the batches against the totals.
    private mutating func compare(_ finish: WireFinish, _ place: LogDamage) {
        let sent = Dictionary(finish.cpus.map { ($0.cpu, $0.sent) }, uniquingKeysWith: { first, _ in first })
        for cpu in Set(sent.keys).union(events.keys).sorted() {
            guard let sent = sent[cpu], sent != events[cpu] ?? 0 else { continue }
            var place = place
            place.reason =
                "CPU \(cpu): the node's totals say that it sent \(sent) events, and the log has \(events[cpu] ?? 0)"
            add(place)
        }
    }
}

extension Frame {
    /// The message behind the number of a numbered frame.
    fileprivate func numberedMessage<M: Message>(_ kind: M.Type = M.self) throws(ProtocolError) -> M {
        var body = body
        _ = try StreamNumber(reading: &body, of: type)
        return try Frame(type, body).message()
    }
}
