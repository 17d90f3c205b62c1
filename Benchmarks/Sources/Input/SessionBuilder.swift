import NIOCore
import SessionStore
import SystemPackage
import TraceProtocol

/// Writes recorded pages as a session directory, as a controller stores it. `fleetrace report` then reads the same events
/// that a peer reads from a trace.dat file.
struct SessionBuilder {
    /// The codec of the batches.
    var codec = BatchCodec.zstd
    /// How many nodes the session has. Each has the whole recording.
    var nodes = 1

    private static let session: UInt64 = 0x5e55
    /// Between clock samples, ns.
    private static let sampleInterval: UInt64 = 1_000_000_000
    /// How long a clock probe and its reply take each, ns.
    private static let oneWay: Int64 = 50_000

    /// - Returns: events in the session.
    func write(_ recording: RecordedPages, at path: FilePath) throws -> Int {
        var description = WireSessionDescription()
        description.session = Self.session
        description.name = path.lastComponent?.string ?? ""
        description.nodes = (1...nodes).map { "node-\($0)" }
        description.epochOffset = 1_700_000_000_000_000_000
        description.state = "complete"
        let directory = try SessionDirectory.create(at: path, description)
        for name in description.nodes {
            var log = NodeLogWriter(try directory.log(of: name))
            try write(recording, into: &log)
            try log.flush()
        }
        return recording.events * nodes
    }

    private func write(_ recording: RecordedPages, into log: inout NodeLogWriter) throws {
        var sequence: UInt64 = 1
        func nextNumber() -> StreamNumber {
            defer { sequence += 1 }
            return StreamNumber(session: Self.session, sequence: sequence)
        }
        func append(_ frame: Frame, _ log: inout NodeLogWriter) throws {
            log.append(LogRecord(frame, received: 0))
            if log.pendingBytes > 1 << 20 { try log.flush() }
        }
        try append(try metadata(recording, nextNumber()), &log)

        let packer = try Packer(codec)
        let cpus = Set(recording.regions.map(\.cpu)).sorted()
        let last = recording.regions.compactMap(\.count.lastTimestamp).max() ?? 0
        var nextSample = recording.regions.first?.count.firstTimestamp ?? 0
        var following = FollowingTimes(recording)
        for (index, region) in recording.regions.enumerated() {
            // At most one for a region, even where the times of the input jump.
            if let first = region.count.firstTimestamp, first >= nextSample {
                try append(clockSample(first), &log)
                nextSample = first.addingReportingOverflow(Self.sampleInterval).partialValue
            }
            try append(try batch(region, nextNumber(), packer), &log)
            following.pass(index)
            let entries = cpus.map { Watermark.Entry(cpu: $0, time: following.time(of: $0).map { $0 &- 1 } ?? last) }
            try append(Watermark(session: Self.session, entries: entries).frame(), &log)
        }
        try append(clockSample(last), &log)
        try append(Watermark(session: Self.session, entries: cpus.map { .init(cpu: $0, time: last) }).frame(), &log)
        try append(try finish(recording, cpus, nextNumber()), &log)
    }

    private func clockSample(_ time: UInt64) -> Frame {
        let time = Int64(clamping: time)
        return ClockSampleFrame(t1: time - Self.oneWay, t2: time, t3: time, t4: time + Self.oneWay).frame()
    }

    private func batch(_ region: RecordedPages.Region, _ number: StreamNumber, _ packer: Packer) throws -> Frame {
        var body = ByteBuffer()
        BatchHeader(
            number: number, cpu: region.cpu, firstTimestamp: region.count.firstTimestamp ?? 0,
            lost: region.count.hasUnknownMissed ? BatchHeader.unknownLoss : region.count.missed,
            events: UInt32(clamping: region.count.events), codec: codec, rawLength: UInt32(region.bytes.count)
        ).write(into: &body)
        try packer.pack(region.bytes, into: &body)
        return Frame(.batch, body)
    }

    private func metadata(_ recording: RecordedPages, _ number: StreamNumber) throws -> Frame {
        var message = WireNodeMetadata()
        message.headerPage = recording.headerPage
        message.formats = recording.formats.map { format in
            var text = WireEventFormatText()
            (text.system, text.text) = format
            return text
        }
        message.comms = recording.comms.map { comm in
            var name = WireTaskName()
            name.pid = UInt32(bitPattern: comm.pid)
            name.comm = .init(comm.name)
            return name
        }
        return try numbered(.metadata, try message.serializedBytes(), number)
    }

    private func finish(_ recording: RecordedPages, _ cpus: [UInt32], _ number: StreamNumber) throws -> Frame {
        var message = WireFinish()
        message.cpus = cpus.map { cpu in
            let events = recording.regions.filter { $0.cpu == cpu }.reduce(0) { $0 + $1.count.events }
            var totals = WireCPUTotals()
            (totals.cpu, totals.recorded, totals.sent) = (cpu, events, events)
            return totals
        }
        return try numbered(.finish, try message.serializedBytes(), number)
    }

    private func numbered(_ type: FrameType, _ message: [UInt8], _ number: StreamNumber) throws -> Frame {
        var body = ByteBuffer()
        number.write(into: &body)
        body.writeBytes(message)
        return Frame(type, body)
    }
}

/// For each CPU, when its next region begins.
private struct FollowingTimes {
    private var times: [UInt32: [(index: Int, time: UInt64)]] = [:]

    init(_ recording: RecordedPages) {
        for (index, region) in recording.regions.enumerated().reversed() {
            times[region.cpu, default: []].append((index, region.count.firstTimestamp ?? 0))
        }
    }

    mutating func pass(_ index: Int) {
        for cpu in times.keys where times[cpu]?.last?.index == index { times[cpu]?.removeLast() }
    }

    func time(of cpu: UInt32) -> UInt64? { times[cpu]?.last?.time }
}
