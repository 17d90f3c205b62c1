import TraceProtocol

/// What a node's log holds, found by reading it from its start to its end: for a writer that goes on where another was
/// killed, and for whoever has to know what has arrived.
public struct NodeLogScan: Sendable {
    /// Whether there is a segment at all.
    public private(set) var exists = false
    /// Behind the last whole record.
    public private(set) var end = LogPosition.start
    /// Bytes behind that: a record that was being written.
    public private(set) var torn: UInt64 = 0
    /// The numbered frames that have arrived, up to `numbers.last`, and which of them are not there: where the log is
    /// damaged, or somebody has cut it.
    public private(set) var numbers = MissingNumbers()
    /// The node's last frame is there.
    public private(set) var isFinished = false
    /// Events by CPU, as the heads of the batches state them.
    public private(set) var events: [UInt32: UInt64] = [:]
    /// Everything that could not be read, but for the torn record.
    public private(set) var damage: [LogDamage] = []

    /// Of the last segment.
    private(set) var summary = SegmentSummary()
    private(set) var isClosed = false

    /// - Parameter visit: is given each record in turn.
    public init(_ files: NodeLogFiles, _ visit: (LogRecord) -> Void = { _ in }) throws(StoreError) {
        var reader = NodeLogReader(files)
        while let item = try reader.next() {
            switch item {
            case .record(let record):
                add(record)
                visit(record)
            case .damage(let found): damage.append(found)
            }
        }
        guard reader.segment > 0 else { return }
        exists = true
        end = LogPosition(segment: reader.segment, offset: reader.wholeEnd)
        (summary, isClosed) = (reader.summary, reader.isClosed || reader.version == 1)
        summary.bytes = end.offset
        guard !isClosed, reader.size > end.offset else { return }
        torn = reader.size - end.offset
        damage.removeAll { $0.segment == end.segment && $0.offset == end.offset }
    }

    private mutating func add(_ record: LogRecord) {
        if record.frame.type == .finish { isFinished = true }
        if record.frame.type == .batch, let header = try? Batch(record.frame).header {
            events[header.cpu, default: 0] &+= UInt64(header.events)
        }
        if let number = record.sequence { _ = numbers.add(number) }
    }
}
