import RingBuffer
import TestSupport
import Testing

@Suite struct SubBufferSequenceTests {
    /// Random pages are read back unchanged, for every layout and spacing.
    @Test(arguments: SubBufferTests.layouts, [UInt64](1...20))
    func randomPagesComeBack(layout: SubBufferLayout, seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var time = UInt64.random(in: 0..<(1 << 62), using: &random)
        var written: [Event] = []
        var missed: [MissedEvents] = []
        var packed: [UInt8] = []
        var full: [UInt8] = []
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let page = try Self.randomPage(layout: layout, time: &time, events: &written, random: &random)
            let lost: [MissedEvents] = [.none, .none, .unknown, .count(UInt64.random(in: 0...1_000, using: &random))]
            var report = lost.randomElement(using: &random) ?? .none
            if case .count = report, page.room < layout.commitSize { report = .unknown }
            missed.append(report)
            packed += page.finish(missed: report, isCut: true)
            full += page.finish(missed: report)
        }
        #expect(packed.count <= full.count)
        for (bytes, spacing) in [(packed, SubBufferSequence.Spacing.packed), (full, .fullSize)] {
            try bytes.withUnsafeBytes { region in
                var pages = SubBufferSequence(region, layout: layout, spacing: spacing)
                let counted = SubBufferSequence(region, layout: layout, spacing: spacing).count()
                var read: [Event] = []
                var reported: [MissedEvents] = []
                while let page = try pages.next() {
                    reported.append(page.missedEvents)
                    var records = page.records()
                    while let record = try records.next() {
                        read.append(Event(time: record.timestamp, payload: [UInt8](record.payload)))
                    }
                }
                #expect(read == written)
                #expect(reported == missed)
                #expect(counted.events == UInt64(written.count))
                #expect(counted.lastTimestamp == written.last?.time)
                #expect(counted.pages == missed.count)
                #expect(counted.hasUnknownMissed == missed.contains(.unknown))
                let sum = missed.reduce(into: UInt64(0)) { if case .count(let lost) = $1 { $0 += lost } }
                #expect(counted.missed == sum)
                #expect(counted.malformedPages == 0 && counted.firstError == nil)
            }
        }
    }

    private static func randomPage(
        layout: SubBufferLayout, time: inout UInt64, events: inout [Event], random: inout SplitMix64
    ) throws -> SubBufferBuilder {
        var builder = SubBufferBuilder(layout: layout, timestamp: time)
        let wanted = Int.random(in: 0...400, using: &random)
        for _ in 0..<wanted {
            var next = time + UInt64.random(in: 0..<100_000, using: &random)
            switch Int.random(in: 0..<40, using: &random) {
            case 0:
                // In a discarded event a delta of 1 means 0, so never write 1.
                if next == time + 1 { next = time }
                let length = 4 * Int.random(in: 1...30, using: &random)
                guard builder.room >= 4 + length else { continue }
                try builder.appendDiscarded(at: next, length: length)
                time = next
                continue
            case 1:
                guard builder.room >= 8 else { continue }
                try builder.appendAbsolute(next)
                time = next
                continue
            case 2: next += UInt64.random(in: 0..<(1 << 36), using: &random)
            default: break
            }
            let words = Int.random(in: 0...(Bool.random(using: &random) ? 28 : 60), using: &random)
            let payload = (0..<words * 4).map { _ in UInt8.random(in: 0...255, using: &random) }
            let usesLengthWord = layout.commitSize == 4 || Int.random(in: 0..<10, using: &random) == 0
            do {
                try builder.append(at: next, payload: payload, usesLengthWord: usesLengthWord)
            } catch {
                builder.pad()
                break
            }
            time = next
            events.append(Event(time: next, payload: payload))
        }
        return builder
    }

    @Test func goesOnBehindAMalformedFullSizePage() throws {
        let layout = try SubBufferLayout.kernel64()
        let pages = try Self.threePages(layout, isCut: false)
        var bytes = Array(pages.joined())
        bytes[4096 + 9] = 0xff  // the second page's commit
        try bytes.withUnsafeBytes { region in
            var sequence = SubBufferSequence(region, layout: layout, spacing: .fullSize)
            let first = try sequence.next()
            #expect(first?.timestamp == 0)
            #expect(sequence.offset == 4096)
            let error = SubBufferError(offset: 4096 + 8, reason: .commitExceedsPage(commit: 0xff08, room: 4080))
            #expect(throws: error) { _ = try sequence.next() }
            let third = try sequence.next()
            #expect(third?.timestamp == 2)
            let end = try sequence.next()
            #expect(end == nil)
            let count = SubBufferSequence(region, layout: layout, spacing: .fullSize).count()
            #expect(count.events == 2 && count.pages == 2 && count.malformedPages == 1 && count.firstError == error)
            #expect(count.firstTimestamp == 0 && count.lastTimestamp == 2)
        }
    }

    @Test func endsAtAMalformedPackedPage() throws {
        let layout = try SubBufferLayout.kernel64()
        var bytes = Array(try Self.threePages(layout, isCut: true).joined())
        bytes[24 + 9] = 0xff
        try bytes.withUnsafeBytes { region in
            var sequence = SubBufferSequence(region, layout: layout, spacing: .packed)
            let first = try sequence.next()
            #expect(first?.timestamp == 0)
            #expect(throws: SubBufferError.self) { _ = try sequence.next() }
            let end = try sequence.next()
            #expect(end == nil)
            let count = SubBufferSequence(region, layout: layout, spacing: .packed).count()
            #expect(count.events == 1 && count.malformedPages == 1)
        }
    }

    @Test func takesALastPageThatIsCut() throws {
        let layout = try SubBufferLayout.kernel64()
        let bytes = Array(try Self.threePages(layout, isCut: false).joined())
        for (length, events, malformed) in [(8192 + 24, 3, 0), (8192 + 23, 2, 1), (8192 + 3, 2, 1), (8192, 2, 0)] {
            let count = bytes[..<length].withUnsafeBytes {
                SubBufferSequence($0, layout: layout, spacing: .fullSize).count()
            }
            #expect(count.events == UInt64(events) && count.malformedPages == malformed)
        }
    }

    @Test func anEmptyRegionHasNothing() throws {
        let count = try SubBufferSequence(
            UnsafeRawBufferPointer(start: nil, count: 0), layout: .kernel64(), spacing: .packed
        ).count()
        #expect(count.pages == 0 && count.events == 0 && count.lastTimestamp == nil && count.firstError == nil)
    }

    @Test func missedCountsThatOverflowAreUnknown() throws {
        let layout = try SubBufferLayout.kernel64()
        let page = SubBufferBuilder(layout: layout, timestamp: 0).finish(missed: .count(.max), isCut: true)
        let count = (page + page).withUnsafeBytes { SubBufferSequence($0, layout: layout, spacing: .packed).count() }
        #expect(count.missed == .max && count.hasUnknownMissed)
    }

    private static func threePages(_ layout: SubBufferLayout, isCut: Bool) throws -> [[UInt8]] {
        try (UInt64(0)..<3).map { time in
            var builder = SubBufferBuilder(layout: layout, timestamp: time)
            try builder.append(at: time, payload: [0, 0, 0, 0])
            return builder.finish(isCut: isCut)
        }
    }
}
