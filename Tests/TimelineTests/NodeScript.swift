import NIOCore
import RingBuffer
import TestSupport
import TraceClock
import TraceProtocol

@testable import Timeline

/// Records what the merge hands out.
struct RecordingSink: TimelineSink {
    var events: [(node: String, cpu: UInt32, timestamp: UInt64, time: Int64, isLate: Bool)] = []
    var lost: [UInt64?] = []
    var notices: [String] = []
    /// How many events came before each notice.
    var places: [Int] = []

    mutating func event(_ event: MergedEvent) {
        events.append((event.node.name, event.cpu, event.timestamp, event.time.estimate, event.isLate))
    }

    mutating func lost(_ count: UInt64?, node: NodeTimeline, cpu: UInt32, before time: MappedTime) {
        lost.append(count)
    }

    mutating func notice(_ notice: TimelineNotice, node: NodeTimeline, at time: Int64) {
        notices.append("\(node.name) \(notice)")
        places.append(events.count)
    }
}

/// Makes the log records of a simulated node.
struct NodeScript {
    static let headerPage = """
        \tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
        \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
        \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
        \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;
        """
    /// Agent time minus controller time, ns.
    var offset: Int64
    var sequence: UInt64 = 0

    init(offset: Int64) {
        self.offset = offset
    }

    func sample(at time: Int64, delay: Int64 = 1000) -> Frame {
        ClockSampleFrame(t1: time - delay, t2: time + offset, t3: time + offset, t4: time + delay).frame()
    }

    private mutating func nextNumber() -> StreamNumber {
        sequence += 1
        return StreamNumber(session: 1, sequence: sequence)
    }

    mutating func metadata() throws -> Frame {
        var metadata = WireNodeMetadata()
        metadata.headerPage = Self.headerPage
        let bytes: [UInt8] = try metadata.serializedBytes()
        var body = ByteBuffer()
        nextNumber().write(into: &body)
        body.writeBytes(bytes)
        return Frame(.metadata, body)
    }

    /// Events at these controller times.
    mutating func batch(cpu: UInt32, at times: [Int64], missed: MissedEvents = .none) throws -> Frame {
        let layout = try SubBufferLayout(headerPage: Self.headerPage)
        var page = SubBufferBuilder(layout: layout, timestamp: UInt64(times[0] + offset))
        for time in times {
            try page.append(at: UInt64(time + offset), payload: [UInt8](repeating: 0, count: 8))
        }
        let raw = page.finish(missed: missed, isCut: true)
        var body = ByteBuffer()
        BatchHeader(
            number: nextNumber(), cpu: cpu, firstTimestamp: UInt64(times[0] + offset), lost: 0,
            events: UInt32(times.count),
            codec: .none, rawLength: UInt32(raw.count)
        ).write(into: &body)
        body.writeBytes(raw)
        return Frame(.batch, body)
    }

    func watermark(_ time: Int64, cpus: [UInt32] = [0]) -> Frame {
        Watermark(session: 1, entries: cpus.map { .init(cpu: $0, time: UInt64(time + offset)) }).frame()
    }

    /// What was lost with an agent that died, between these controller times.
    mutating func loss(cpu: UInt32, events: UInt64, from: Int64, to: Int64) throws -> Frame {
        let loss = WireStreamLoss.with {
            $0.cpus = [
                .with {
                    $0.cpu = cpu
                    $0.events = events
                    $0.from = from + offset
                    $0.to = to + offset
                }
            ]
            $0.reason = "it died"
        }
        var body = ByteBuffer()
        nextNumber().write(into: &body)
        body.writeImmutableBuffer(try Frame(.loss, loss).body)
        return Frame(.loss, body)
    }

    /// The session is told to stop.
    func stopped(at time: Int64) throws -> Frame {
        try Frame(
            .nodeNote,
            WireNodeNote.with {
                $0.kind = .stopped
                $0.at = time
            })
    }

    mutating func finish(
        recorded: UInt64, lost: UInt64, _ change: (inout WireFinish) -> Void = { _ in }
    ) throws -> Frame {
        var finish = WireFinish()
        var cpu = WireCPUTotals()
        cpu.recorded = recorded
        cpu.lost = lost
        finish.cpus = [cpu]
        change(&finish)
        let bytes: [UInt8] = try finish.serializedBytes()
        var body = ByteBuffer()
        nextNumber().write(into: &body)
        body.writeBytes(bytes)
        return Frame(.finish, body)
    }
}
