import Glibc
import NIOCore
import SessionStore
import TestSupport
import TraceProtocol

@testable import RingBuffer
@testable import Timeline

private let headerPage = """
    \tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
    \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
    \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
    \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;
    """
private let layout = try? SubBufferLayout(headerPage: headerPage)
private let output = OutputStream(descriptor: open("/dev/null", O_WRONLY))
private let conditions = [nil, "prev_pid != 0", "comm ~ \"a*\"", "common_pid > 3 && filename == \"x\""]

/// What two nodes' logs make an operator print live: one byte for the format and the condition, then steps. The account
/// never shows more events than came.
@Sendable func fuzzTimeline(_ input: UnsafeRawBufferPointer) {
    var bytes = FuzzBytes(input)
    let kind = Int(bytes.byte())
    let reader = LiveReader(
        .with { $0.nodes = ["a", "b"] }, format: OutputFormat.allCases[kind % OutputFormat.allCases.count],
        filter: TimelineFilter(condition: conditions[(kind >> 2) % conditions.count]), output: output,
        stallLimit: .seconds(3600))
    var script = LogScript()
    do {
        while !bytes.isEmpty {
            guard let (node, frame) = try script.next(&bytes) else { continue }
            var records = ByteBuffer()
            LogRecord(frame, received: script.now).write(into: &records)
            reader.append(LogChunk(session: 1, node: node, records: records))
            if bytes.rest.count % 3 == 0 { try reader.release() }
        }
        let account = try reader.finish(problem: "")
        _ = account.lines() + account.table()
    } catch {
        fatalError("\(error)")
    }
}

/// Makes frames of a log from an input.
private struct LogScript {
    private(set) var now: Int64 = 1_000_000_000_000
    private var sequences: [UInt64] = [0, 0]

    mutating func next(_ bytes: inout FuzzBytes) throws -> (node: UInt32, frame: Frame)? {
        let step = bytes.byte()
        let node = Int(step >> 7)
        now += Int64(bytes.byte()) * 1000
        let frame: Frame
        switch step & 7 {
        case 0: frame = Frame(FrameType(rawValue: bytes.byte()), ByteBuffer(bytes.piece()))
        case 1:
            // Formats, as the nodes' kernels describe their events.
            var metadata = WireNodeMetadata()
            metadata.headerPage = headerPage
            let system = ["sched", "syscalls", "kprobes", "synthetic", "ftrace"][Int(step >> 3) % 5]
            metadata.formats = [.with { ($0.system, $0.text) = (system, bytes.text()) }]
            frame = try numbered(.metadata, metadata.serializedBytes(), node)
        case 2: frame = try numbered(.metadata, Array(bytes.piece()), node)
        case 3: frame = try numbered(.batch, page(Array(bytes.piece())), node)
        case 4: frame = try numbered(.batch, Array(bytes.piece()), node)
        case 5:
            frame = ClockSampleFrame(t1: now - 1000, t2: now + bytes.integer(Int32.self).wide, t3: now, t4: now + 1000)
                .frame()
        case 6:
            frame = Watermark(session: 1, entries: [.init(cpu: UInt32(step >> 3) & 3, time: UInt64(now))]).frame()
        default: frame = try numbered(.finish, Array(bytes.piece()), node)
        }
        return (UInt32(node), frame)
    }

    private mutating func numbered(_ type: FrameType, _ message: [UInt8], _ node: Int) throws -> Frame {
        sequences[node] += 1
        var body = ByteBuffer()
        StreamNumber(session: 1, sequence: sequences[node]).write(into: &body)
        body.writeBytes(message)
        return Frame(type, body)
    }

    /// The rest of a batch whose page holds one record with this payload.
    private func page(_ payload: [UInt8]) -> [UInt8] {
        guard let layout else { return [] }
        var builder = SubBufferBuilder(layout: layout, timestamp: UInt64(now))
        let payload = payload.prefix(2048) + [UInt8](repeating: 0, count: (4 - min(payload.count, 2048) % 4) % 4)
        try? builder.append(at: UInt64(now), payload: Array(payload))
        let raw = builder.finish(isCut: true)
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: 1, sequence: 1), cpu: 0, firstTimestamp: UInt64(now), lost: 0, events: 1,
            codec: .none, rawLength: UInt32(raw.count)
        ).write(into: &body)
        body.moveReaderIndex(forwardBy: StreamNumber.length)
        return Array(body.readableBytesView) + raw
    }
}

extension Int32 {
    fileprivate var wide: Int64 { Int64(self) }
}
