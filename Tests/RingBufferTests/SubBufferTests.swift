import RingBuffer
import TestSupport
import Testing

@Suite struct SubBufferTests {
    static let layouts: [SubBufferLayout] = {
        let sizes: [(Int, Int, Int)] = [(8, 16, 4096), (8, 16, 65536), (8, 16, 8192), (4, 12, 4096), (4, 16, 16384)]
        return sizes.compactMap { commit, data, size in
            try? SubBufferLayout(
                timestampOffset: 0, commitOffset: 8, commitSize: commit, dataOffset: data, dataSize: size - data)
        }
    }()

    @Test(arguments: layouts) func reportsMissedEvents(layout: SubBufferLayout) throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: 99)
        try builder.append(at: 100, payload: [1, 1, 1, 1])
        for missed in [MissedEvents.none, .unknown, .count(0), .count(77), .count(UInt64(UInt32.max))] {
            for isCut in [false, true] {
                let bytes = builder.finish(missed: missed, isCut: isCut)
                try bytes.withUnsafeBytes { region in
                    let page = try SubBuffer(region, layout: layout)
                    #expect(page.timestamp == 99)
                    #expect(page.missedEvents == missed)
                    #expect(page.committedLength == 8)
                    #expect(page.committed.elementsEqual(region[layout.dataOffset..<layout.dataOffset + 8]))
                    var stored = 0
                    if case .count = missed { stored = layout.commitSize }
                    #expect(page.usedLength == layout.dataOffset + 8 + stored)
                    #expect(bytes.count == (isCut ? page.usedLength : layout.pageSize))
                }
            }
        }
    }

    /// A page with a rewritten header is read like one that the kernel wrote.
    @Test(arguments: layouts) func headersAreWrittenAnew(layout: SubBufferLayout) throws {
        var builder = SubBufferBuilder(layout: layout, timestamp: 99)
        for time in 100..<103 as Range<UInt64> { try builder.append(at: time, payload: [1, 2, 3, 4]) }
        for before in [MissedEvents.none, .unknown, .count(9)] {
            for after in [MissedEvents.none, .unknown, .count(77)] {
                for committed in [0, 8, 16, 24] {
                    var bytes = builder.finish(missed: before)
                    let used = bytes.withUnsafeMutableBytes {
                        layout.setHeader(of: $0, committed: committed, missed: after)
                    }
                    try bytes.withUnsafeBytes { region in
                        let page = try SubBuffer(UnsafeRawBufferPointer(rebasing: region[..<used]), layout: layout)
                        #expect(page.timestamp == 99 && page.missedEvents == after && page.usedLength == used)
                        var records = page.records()
                        #expect(records.countRemaining().events == committed / 8)
                    }
                }
            }
        }
    }

    @Test func aFullPageHasNoRoomForTheCount() throws {
        let layout = try SubBufferLayout.kernel64()
        var builder = SubBufferBuilder(layout: layout, timestamp: 0)
        try builder.append(at: 0, payload: [UInt8](repeating: 0, count: layout.dataSize - 8))
        let missed = try builder.finish(missed: .count(5)).withUnsafeBytes {
            try SubBuffer($0, layout: layout).missedEvents
        }
        #expect(missed == .unknown)
    }

    @Test func everyCutOfAPageIsAnErrorOrTheWholePage() throws {
        let layout = try SubBufferLayout.kernel64()
        var builder = SubBufferBuilder(layout: layout, timestamp: 1)
        try builder.append(at: 2, payload: [1, 2, 3, 4])
        let whole = builder.finish(missed: .count(3), isCut: true)
        for length in 0..<whole.count {
            let reason: SubBufferError.Reason =
                length < 16
                ? .headerTruncated(available: length)
                : .commitExceedsRegion(commit: 8, available: length - 16)
            let expected = SubBufferError(offset: length < 16 ? 0 : 8, reason: reason)
            _ = whole[..<length].withUnsafeBytes { region in
                #expect(throws: expected) { _ = try SubBuffer(region, layout: layout) }
            }
        }
    }

    @Test func refusesACommitBeyondThePage() throws {
        let layout = try SubBufferLayout.kernel64()
        for (commit, isRefused) in [(4080, false), (4081, true), (0x3fff_ffff, true)] {
            var page = SubBufferBuilder(layout: layout, timestamp: 1).finish() + [UInt8](repeating: 0, count: 4096)
            for byte in 0..<4 { page[8 + byte] = UInt8(truncatingIfNeeded: commit >> (8 * byte)) }
            page.withUnsafeBytes { region in
                let error = SubBufferError(offset: 8, reason: .commitExceedsPage(commit: commit, room: 4080))
                if isRefused {
                    #expect(throws: error) { _ = try SubBuffer(region, layout: layout) }
                } else {
                    #expect(throws: Never.self) { _ = try SubBuffer(region, layout: layout) }
                }
            }
        }
        // A stored count that would be after the page's end.
        var page = SubBufferBuilder(layout: layout, timestamp: 1).finish() + [UInt8](repeating: 0, count: 4096)
        page[8...11] = [0xec, 0x0f, 0, 0xc0]
        _ = page.withUnsafeBytes { region in
            #expect(throws: SubBufferError(offset: 8, reason: .commitExceedsPage(commit: 4076, room: 4080))) {
                _ = try SubBuffer(region, layout: layout)
            }
        }
    }
}
