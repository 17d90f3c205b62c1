import EventFormat
import RingBuffer
import TraceDat

/// Prints a trace.dat file as the `trace` file of the kernel that recorded it.
///
/// Streams are merged by time stamp, and by CPU where those are equal, as the kernel does
/// (`__find_next_entry` of kernel/trace/trace.c). Memory does not depend on the recording's length.
public final class RecordingReport {
    private let file: TraceDatFile
    private let path: String
    private let catalog: EventCatalog
    private let tasks: TaskNames
    private let filter: TimelineFilter
    private let output: OutputStream
    private var text = TextBuffer(capacity: 256 << 10)
    /// What could not be read, in words.
    public private(set) var damage: [String]
    /// Events printed.
    public private(set) var printed: UInt64 = 0

    private static let flushSize = 128 << 10

    /// - Throws: `TraceDatError` when this is no trace.dat file that can be read.
    public init(path: String, filter: TimelineFilter, output: OutputStream) throws {
        file = try TraceDatFile(path: path)
        self.path = path
        self.filter = filter
        self.output = output
        catalog = Self.catalog(file)
        tasks = TaskNames(parsing: file.metadata.commandLines)
        damage = file.damage.map { "\(path): \($0)" }
    }

    private static func catalog(_ file: TraceDatFile) -> EventCatalog {
        let formats = (file.metadata.ftraceFormats + file.metadata.eventFormats).map { ($0.system, $0.text) }
        // `uname -a`-like: system, host, release.
        let release = file.options.uname?.split(separator: " ").dropFirst(2).first.map(String.init)
        return EventCatalog(
            formats: formats, symbols: file.metadata.kallsyms.withUnsafeBytes { KernelSymbols(parsing: $0) },
            printkFormats: PrintkFormats.parse(String(decoding: file.metadata.printkFormats, as: UTF8.self)),
            kernel: KernelDescription(longSize: Int(file.header.longSize), release: release))
    }

    /// Prints every buffer that holds events, one after the other, each as its own `trace` file.
    ///
    /// - Throws: `OutputError`.
    public func run() throws {
        let buffers = file.buffers.filter { buffer in buffer.cpus.contains { $0.size > 0 } }
        for buffer in buffers {
            if buffers.count > 1 { text.append("# buffer: \(buffer.name.isEmpty ? "(top)" : buffer.name)\n") }
            try print(buffer)
        }
        try flush()
    }

    private func print(_ buffer: TraceDatBuffer) throws {
        let statistics = RecordingStatistics(file.options.cpuStats, buffer: buffer.name)
        FtraceLine.appendHeader(
            held: statistics.held, written: statistics.written, cpus: buffer.cpus.count, to: &text)
        var tree = LoserTree<MergeKey>()
        var streams: [RecordingStream] = []
        for cpu in buffer.cpus where filter.cpus.isEmpty || filter.cpus.contains(cpu.cpu) {
            let stream = RecordingStream(cpu: Int(cpu.cpu), reader: try file.pages(of: buffer, cpu: cpu))
            streams.append(stream)
            let number = tree.addStream()
            if stream.advance() { tree.setKey(key(stream), of: number) } else { tree.exhaust(number) }
        }
        while let winner = tree.winner {
            let stream = streams[winner.stream]
            let limit = tree.runnerUp
            var hasNext = true
            repeat {
                try emit(stream)
                hasNext = stream.advance()
            } while hasNext && key(stream) < limit
            if hasNext { tree.replaceWinner(key(stream)) } else { tree.exhaust(winner.stream) }
        }
        for stream in streams {
            if let reason = stream.damage { damage.append("\(path): \(reason)") }
        }
    }

    private func key(_ stream: RecordingStream) -> MergeKey {
        let time = stream.current?.timestamp ?? 0
        return MergeKey(time: Int64(clamping: time), node: 0, cpu: UInt32(stream.cpu), sequence: stream.taken)
    }

    private func emit(_ stream: RecordingStream) throws {
        guard let record = stream.current else { return }
        switch stream.missed {
        case .none: break
        case .unknown: FtraceLine.appendLost(cpu: stream.cpu, count: nil, to: &text)
        case .count(let count): FtraceLine.appendLost(cpu: stream.cpu, count: count, to: &text)
        }
        let common = catalog.commonFields
        FtraceLine.appendPrefix(
            tasks: tasks, pid: common.pid(of: record.payload) ?? 0, cpu: stream.cpu,
            flags: common.latencyFlags(of: record.payload) ?? LatencyFlags(flags: 0, preemptCount: 0),
            timestamp: record.timestamp, to: &text)
        catalog.render(
            record.payload, context: RenderContext(timestamp: record.timestamp, cpu: stream.cpu), into: &text)
        text.append(UInt8(ascii: "\n"))
        printed &+= 1
        if text.count >= Self.flushSize { try flush() }
    }

    private func flush() throws {
        try output.write(text.bytes)
        text.removeAll()
    }
}
