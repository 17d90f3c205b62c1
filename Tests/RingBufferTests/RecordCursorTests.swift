import RingBuffer
import TestSupport
import Testing

/// A copy of an event in a page.
struct Event: Equatable {
    var time: UInt64
    var payload: [UInt8]
}

/// All events of a page, and the error that ended it.
func walk(_ bytes: [UInt8], _ layout: SubBufferLayout) throws -> (events: [Event], error: SubBufferError?) {
    try bytes.withUnsafeBytes { region in
        var cursor = try SubBuffer(region, layout: layout).records()
        var events: [Event] = []
        do throws(SubBufferError) {
            while let record = try cursor.next() {
                events.append(Event(time: record.timestamp, payload: [UInt8](record.payload)))
            }
        } catch {
            let rest = try cursor.next()
            #expect(rest == nil, "a failed cursor is at the end")
            return (events, error)
        }
        return (events, nil)
    }
}

@Suite struct RecordCursorTests {
    let layout: SubBufferLayout

    init() throws { layout = try .kernel64() }

    @Test func readsSmallBigAndEmptyRecords() throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: 1_000)
        let small: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        let big = [UInt8](repeating: 7, count: 116)
        try builder.append(at: 1_000, payload: small)
        try builder.append(at: 1_010, payload: big)
        try builder.append(at: 1_010, payload: small, usesLengthWord: true)
        try builder.append(at: 1_011, payload: [])
        let (events, error) = try walk(builder.finish(), layout)
        #expect(error == nil)
        #expect(
            events == [
                Event(time: 1_000, payload: small), Event(time: 1_010, payload: big),
                Event(time: 1_010, payload: small), Event(time: 1_011, payload: []),
            ])
    }

    @Test func addsTimeExtends() throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: 5)
        let later: UInt64 = 5 + 1 << 27
        let muchLater = later + 1 << 58
        try builder.append(at: later, payload: [0, 0, 0, 0])
        try builder.append(at: muchLater, payload: [0, 0, 0, 0])
        #expect(try walk(builder.finish(), layout).events.map(\.time) == [later, muchLater])
    }

    static let absoluteStamps: [(UInt64, UInt64)] = [
        (100, 7_000),
        (7_000, 100),
        (1 << 59 | 100, 1 << 59 | 7_000),
        (31 << 59 | 100, 31 << 59 | 7_000),
        (2 << 59 - 1, 2 << 59 + 50),
    ]

    /// `rb_fix_abs_ts`: 59 bits are stored. The upper five come from the previous time and may have been incremented.
    @Test(arguments: absoluteStamps)
    func restoresAbsoluteStamps(before: UInt64, stamp: UInt64) throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: before)
        try builder.appendAbsolute(stamp)
        try builder.append(at: stamp + 3, payload: [9, 9, 9, 9])
        #expect(try walk(builder.finish(), layout).events == [Event(time: stamp + 3, payload: [9, 9, 9, 9])])
    }

    @Test func passesDiscardedEventsButNotTheirTime() throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: 100)
        try builder.appendDiscarded(at: 130, length: 24)
        try builder.append(at: 131, payload: [1, 0, 0, 0])
        // Written with a delta of 1 instead of 0.
        try builder.appendDiscarded(at: 131, length: 4)
        try builder.append(at: 140, payload: [2, 0, 0, 0])
        #expect(try walk(builder.finish(), layout).events.map(\.time) == [131, 140])
    }

    @Test(arguments: [4, 8, 12, 400]) func endsAtPaddingOfThePage(room: Int) throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: 0)
        let size = layout.dataSize - room - 8
        try builder.append(at: 1, payload: [UInt8](repeating: 3, count: size))
        builder.pad()
        let page = builder.finish()
        #expect(page.count == 4096)
        let (events, error) = try walk(page, layout)
        #expect(error == nil)
        #expect(events.count == 1)
    }

    @Test func nullPaddingHidesWhatFollows() throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: 0)
        try builder.append(at: 1, payload: [0, 0, 0, 0])
        builder.appendRaw([29, 0, 0, 0] + [UInt8](repeating: 0xff, count: 40))
        let (events, error) = try walk(builder.finish(), layout)
        #expect(events.count == 1 && error == nil)
    }

    static let malformed: [([UInt8], SubBufferError.Reason)] = [
        ([1, 0], .recordHeaderTruncated),
        ([0, 0, 0, 0], .recordHeaderTruncated),
        ([30, 0, 0, 0], .recordHeaderTruncated),
        ([31, 0, 0, 0], .recordHeaderTruncated),
        ([29, 1, 0, 0], .recordHeaderTruncated),
        ([28, 0, 0, 0], .recordExceedsCommit(length: 116)),
        ([2, 0, 0, 0, 1, 1, 1, 1], .recordExceedsCommit(length: 12)),
        ([0, 0, 0, 0, 0, 0, 0, 0], .recordLength(0)),
        ([0, 0, 0, 0, 6, 0, 0, 0, 1, 1, 1, 1], .recordLength(6)),
        ([0, 0, 0, 0, 8, 0, 0, 0], .recordExceedsCommit(length: 12)),
        ([0, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff], .recordExceedsCommit(length: 1 << 32)),
        ([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], .recordLength(.max)),
        ([0x3d, 0, 0, 0, 0, 0, 0, 0], .recordLength(0)),
        ([0x3d, 0, 0, 0, 0xfc, 0xff, 0xff, 0xff], .recordExceedsCommit(length: 1 << 32)),
    ]

    @Test(arguments: malformed)
    func refusesMalformedRecords(raw: [UInt8], reason: SubBufferError.Reason) throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: 40)
        try builder.append(at: 42, payload: [5, 5, 5, 5])
        builder.appendRaw(raw)
        let bytes = builder.finish()
        let (events, error) = try walk(bytes, layout)
        #expect(events == [Event(time: 42, payload: [5, 5, 5, 5])])
        #expect(error == SubBufferError(offset: 24, reason: reason))
        let count = bytes.withUnsafeBytes {
            SubBufferSequence($0, layout: layout, spacing: .fullSize).count()
        }
        #expect(count.events == 1 && count.malformedPages == 1)
        #expect(count.firstError == error)
        #expect(count.lastTimestamp == 42)
    }
}
