import NIOCore
import RingBuffer
import SessionStore
import TraceClock
import TraceDat
import TraceProtocol

/// Reads one node's log and makes a trace.dat file of it. Memory depends on the number
/// of its CPUs and tasks, not on the log's length.
final class NodeExport {
    private let session: SessionDirectory
    private let timeline: NodeTimeline
    /// Nil for a log without clock probes.
    private let clock: SavedClock?
    private let path: String
    private var facts = NodeFacts()
    private var track = ClockTrack(capacity: NodeExport.mostSamples)
    private var pages: PageExport?
    private(set) var damage: [String] = []

    /// 4096 points of the clock's path are 2.7 minutes in full.
    private static let mostSamples = 4096
    /// Bytes of samples in a file, which repeats them for each CPU.
    private static let samplesSize = 2 << 20

    /// - Throws: `StoreError`.
    init(_ session: SessionDirectory, node index: Int, to path: String, clock: SavedClock?) throws {
        let name = session.description.nodes[index]
        self.session = session
        self.path = path
        self.clock = clock
        timeline = NodeTimeline(index: index, name: name, clock: clock)
    }

    /// Writes the file, unless there is nothing to write: `result.path` is nil then.
    ///
    /// - Throws: `TraceDatWriteError`, for a full disk for example.
    func run() throws -> SessionExport.Node {
        var log = NodeLogReader(try session.log(of: timeline.name))
        do {
            while let item = try log.next() {
                switch item {
                case .record(let record): try write(record)
                case .damage(let damage): note("\(damage)")
                }
            }
        } catch let error as StoreError {
            // What was read before it is written all the same.
            note("\(error)")
        }
        if !timeline.isEnded {
            timeline.cutOff(
                session.description.fault ?? "its stream is not complete")
        }
        let account = timeline.account(pages?.tallies ?? [:])
        var result = SessionExport.Node(account: account)
        if let pages {
            result.path = path
            result.clockTolerance = try finish(pages)
        } else if account.refusal == nil {
            note("no file: its metadata is missing, without which its pages cannot be read")
        }
        result.damage = damage
        return result
    }

    private func note(_ reason: String) {
        damage.append("node \(timeline.name): \(reason)")
    }

    private func write(_ record: LogRecord) throws {
        do {
            try append(record)
        } catch let error as TraceDatWriteError {
            throw error
        } catch {
            note("\(error)")
        }
    }

    private func append(_ record: LogRecord) throws {
        let frame = record.frame
        switch frame.type {
        case .batch:
            let batch = try Batch(frame)
            count(batch.header.number, record)
            guard batch.header.cpu < UInt32(Watermark.maximumCPUs) else {
                throw ProtocolError.malformed(.batch, "CPU \(batch.header.cpu)")
            }
            guard let pages else { throw ProtocolError.malformed(.batch, "pages before the metadata") }
            try pages.append(batch)
        case .metadata:
            var body = frame.body
            count(try StreamNumber(reading: &body, of: frame.type), record)
            let metadata: WireNodeMetadata = try Frame(.metadata, body).message()
            if !metadata.headerPage.isEmpty, pages == nil {
                pages = PageExport(
                    to: TraceDatWriter(path: path, layout: try SubBufferLayout(headerPage: metadata.headerPage)))
            }
            try facts.add(metadata)
        default:
            _ = try timeline.append(frame, received: record.received) { CPUStream(node: timeline, cpu: $0, index: 0) }
        }
    }

    /// Sequence numbers have no holes. If there is one, something is missing before this frame, of any CPU.
    private func count(_ number: StreamNumber, _ record: LogRecord) {
        if timeline.count(number, received: record.received) { pages?.noteLoss() }
    }

    /// - Returns: the most by which the file's clock differs from the session's.
    private func finish(_ pages: PageExport) throws -> Duration {
        if let clock, let last = pages.lastTimestamp.map(NodeTimeline.stamp),
            // Without pairs nothing ties another trace clock to the timeline.
            clock.agent != nil || facts.clock == "mono_raw"
        {
            track.follow(clock.stamps, through: last)
        }
        let totals = (timeline.part.finish?.cpus ?? []).filter { $0.cpu < UInt32(Watermark.maximumCPUs) }
        let cpus = Set(totals.map(\.cpu)).union(pages.tallies.keys)
        let cpuCount = Int(cpus.max() ?? 0) + 1
        let track = self.track.reduced(to: min(Self.mostSamples, Self.samplesSize / 24 / cpuCount))
        try pages.writer.finish(
            metadata: facts.files, options: options(totals, track, cpuCount: cpuCount), cpus: cpus,
            clock: facts.clock, longSize: facts.host.longSize == 4 ? 4 : 8)
        return .nanoseconds(track.tolerance)
    }

    private func options(_ totals: [WireCPUTotals], _ track: ClockTrack, cpuCount: Int) -> TraceDatOptions {
        let description = session.description
        var options = TraceDatOptions()
        options.cpuStats = totals.map { cpu in
            // The kernel's counts, in the form of per_cpu/cpuN/stats.
            "CPU: \(cpu.cpu)\noverrun: \(cpu.lost)\nread events: \(cpu.recorded &- min(cpu.lost, cpu.recorded))\n"
        }
        options.traceClocks = "[\(facts.clock)]\n"
        options.uname = "Linux \(facts.host.hostname) \(facts.host.kernelRelease) \(facts.host.architecture)"
        options.cpuCount = max(facts.host.possibleCpus, UInt32(cpuCount))
        options.writerVersion = Negotiation.software
        // The peer of all of them is the controller's clock, which has no file.
        options.traceID = description.session &+ UInt64(timeline.index) &+ 1
        if !track.points.isEmpty {
            options.timeShifts = [
                TraceDatTimeShift(
                    peerTraceID: description.session, flags: TraceDatTimeShift.interpolateFlag, samples: track.samples,
                    cpuCount: cpuCount)
            ]
        }
        // Not DATE, which has microseconds.
        options.timestampOffset = description.epochOffset
        return options
    }
}
