import RingBuffer

/// Writes one sub-buffer the way the kernel does (kernel/trace/ring_buffer.c), for tests.
public struct SubBufferBuilder {
    /// The page has no room for the record.
    public struct Full: Error {}

    private static let largestDelta: UInt64 = 1 << 27

    private let layout: SubBufferLayout
    private let pageTimestamp: UInt64
    private var lastTimestamp: UInt64
    private var data: [UInt8] = []

    /// An empty page that begins at `timestamp` ns.
    public init(layout: SubBufferLayout, timestamp: UInt64) {
        self.layout = layout
        pageTimestamp = timestamp
        lastTimestamp = timestamp
    }

    /// Bytes still free for records and their headers.
    public var room: Int { layout.dataSize - data.count }

    /// Adds an event, with a time extend before it when it is 2^27 ns or more after the last one.
    ///
    /// - Parameters:
    ///   - time: ns, not before the last record.
    ///   - payload: a length that is a multiple of 4.
    ///   - usesLengthWord: puts the length into a word of its own even where it fits `type_len`, as 32-bit kernels do.
    /// - Throws: `Full`, with the page as it was, if there is no room.
    public mutating func append(at time: UInt64, payload: [UInt8], usesLengthWord: Bool = false) throws(Full) {
        precondition(payload.count % 4 == 0 && time >= lastTimestamp)
        let isLong = usesLengthWord || payload.count > 112 || payload.isEmpty
        let delta = time - lastTimestamp
        let extend = delta >= Self.largestDelta ? 8 : 0
        guard extend + 4 + (isLong ? 4 : 0) + payload.count <= room else { throw Full() }
        if extend > 0 { appendStamp(type: 30, value: delta) }
        header(type: isLong ? 0 : payload.count / 4, delta: extend > 0 ? 0 : delta)
        if isLong { word(payload.count + 4) }
        data += payload
        lastTimestamp = time
    }

    /// Adds an event that was reserved and then discarded (`rb_event_discard`).
    ///
    /// - Parameters:
    ///   - time: ns, less than 2^27 after the last record.
    ///   - length: of its payload, a multiple of 4 and at least 4.
    public mutating func appendDiscarded(at time: UInt64, length: Int) throws(Full) {
        precondition(length % 4 == 0 && length >= 4 && time >= lastTimestamp)
        precondition(time - lastTimestamp < Self.largestDelta)
        guard 4 + length <= room else { throw Full() }
        // A delta of 0 would mean the end of the page, so the kernel writes 1, and readers count that as 0.
        let delta = time - lastTimestamp
        header(type: 29, delta: max(1, delta))
        word(length)
        data += [UInt8](repeating: 0xdd, count: length - 4)
        if delta != 1 { lastTimestamp = time }
    }

    /// Adds an absolute time stamp, of which the upper five bits are lost as in the kernel.
    public mutating func appendAbsolute(_ time: UInt64) throws(Full) {
        guard room >= 8 else { throw Full() }
        appendStamp(type: 31, value: time & ((1 << 59) - 1))
        lastTimestamp = time
    }

    /// Fills the page to its end with padding, as when the next event did not fit (`rb_reset_tail`).
    public mutating func pad() {
        guard room >= 4 else { return }
        if room < 8 {
            header(type: 29, delta: 0)
        } else {
            let length = room - 4
            header(type: 29, delta: 1)
            word(length)
        }
        data += [UInt8](repeating: 0, count: room)
    }

    /// Adds raw bytes: for malformed records.
    public mutating func appendRaw(_ bytes: [UInt8]) { data += bytes }

    /// The page's bytes.
    ///
    /// - Parameters:
    ///   - missed: what to report as lost; a count for which there is no room is reported as unknown.
    ///   - isCut: whether to leave the unused tail away.
    public func finish(missed: MissedEvents = .none, isCut: Bool = false) -> [UInt8] {
        var commit = UInt64(data.count)
        var tail: [UInt8] = []
        switch missed {
        case .none: break
        case .unknown: commit |= 0xffff_ffff_8000_0000
        case .count(let lost):
            commit |= 0xffff_ffff_8000_0000
            if layout.commitSize <= room {
                commit |= 1 << 30
                tail = Self.bytes(lost, layout.commitSize)
            }
        }
        var page = [UInt8](repeating: 0, count: layout.dataOffset)
        page.replaceSubrange(layout.timestampOffset..<layout.timestampOffset + 8, with: Self.bytes(pageTimestamp, 8))
        page.replaceSubrange(
            layout.commitOffset..<layout.commitOffset + layout.commitSize, with: Self.bytes(commit, layout.commitSize))
        page += data + tail
        if !isCut { page += [UInt8](repeating: 0, count: layout.pageSize - page.count) }
        return page
    }

    private mutating func appendStamp(type: Int, value: UInt64) {
        header(type: type, delta: value & (Self.largestDelta - 1))
        word(Int(value >> 27))
    }

    private mutating func header(type: Int, delta: UInt64) { word(type | Int(delta) << 5) }

    private mutating func word(_ value: Int) { data += Self.bytes(UInt64(value), 4) }

    private static func bytes(_ value: UInt64, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
