import RingBuffer
import TestSupport
import Testing
import TraceDat

/// Intact parts of a damaged file are read, and the other parts are reported.
@Suite struct DamageTests {
    /// Everything that can be read from a file.
    struct Content {
        var formats = 0
        var events: UInt64 = 0
        var damage: [TraceDatDamage] = []
        var errors: [TraceDatError] = []
        var malformedPages = 0

        /// Reads the whole file and the bytes of each record.
        init(_ file: TraceDatFile) {
            formats = file.metadata.eventFormats.count
            damage = file.damage
            for buffer in file.buffers {
                for cpu in buffer.cpus { readPages(file, buffer, cpu) }
            }
        }

        private mutating func readPages(_ file: TraceDatFile, _ buffer: TraceDatBuffer, _ cpu: TraceDatCPU) {
            let reader: TraceDatPageReader
            do throws(TraceDatError) { reader = try file.pages(of: buffer, cpu: cpu) } catch {
                errors.append(error)
                return
            }
            while true {
                do throws(TraceDatError) {
                    guard let region = try reader.next() else { return }
                    let walked = walk(region, reader.layout, .fullSize)
                    events += walked.events
                    malformedPages += walked.malformed
                } catch {
                    errors.append(error)
                }
            }
        }
    }

    /// Lengths around every boundary of the guest's file, and many between.
    @Test func everyTruncationOfTheGuestsFileIsHandled() throws {
        let whole = try Fixture.bytes("guest-6.1-kprobes.dat")
        let all = Content(try TraceDatFile(bytes: whole))
        #expect(all.damage.isEmpty && all.events == 9_124)
        // Header, sections, options and CPU data as `trace-cmd dump --all` lists them.
        let boundaries = [
            0, 3, 10, 12, 14, 18, 29, 37, 53, 316, 332, 2_090, 2_106, 73_029, 73_045, 902_111, 903_504, 903_700,
            903_716,
            904_600, 904_616, 904_676, 904_692, 905_216, 905_220, 905_228, 934_194, 937_984, 937_988, 984_837, 984_853,
            984_940, 984_956, whole.count,
        ]
        var lengths = Set(boundaries.flatMap { [$0 - 1, $0, $0 + 1] }).union(0..<40)
        lengths.formUnion(stride(from: 100, to: whole.count, by: 60_013))
        var last: UInt64 = 0
        for length in lengths.sorted() where length >= 0 && length < whole.count {
            let file: TraceDatFile
            do throws(TraceDatError) { file = try TraceDatFile(bytes: Array(whole[..<length])) } catch {
                // Without the first bytes it is not a trace.dat file.
                #expect(length < 37, "\(length): \(error)")
                continue
            }
            let content = Content(file)
            // The reader does not need the strings section at the end.
            #expect(content.damage.isEmpty == (length >= 984_940), "cut at \(length)")
            // Options before the cut are used: EVENT FORMATS is the third.
            #expect(content.formats == (length >= 903_716 + 3 * 14 ? 1_377 : 0), "cut at \(length)")
            if length >= 984_837 {
                // All data is present. The last option but one lists the CPUs. Without it they are found by a search.
                #expect(content.events == 9_124 && content.errors.isEmpty, "cut at \(length)")
                #expect(file.buffers.last?.isRecovered == (length < 984_940 - 14))
            } else {
                #expect(content.events < 9_124)
                #expect(content.events >= last)
                last = content.events
                #expect(content.errors.allSatisfy(isTruncation), "\(content.errors)")
            }
            #expect(content.malformedPages == 0)
        }
        // The first CPU's 3,274 events and most of the second's are before the cuts.
        #expect(last > 8_000)
    }

    private func isTruncation(_ error: TraceDatError) -> Bool {
        if case .truncated = error.reason { return true }
        return false
    }

    /// If the list of CPUs is cut off and pages are not in chunks, no CPUs may be found.
    @Test func uncompressedPagesWithoutAListAreReported() throws {
        let whole = try BuiltFileTests.bytes(.none)
        let all = try TraceDatFile(bytes: whole)
        let cpu = all.buffers[1].cpus[0]
        let file = try TraceDatFile(bytes: Array(whole[..<Int(cpu.offset + 5000)]))
        #expect(file.buffers.map(\.name) == [""])
        #expect(file.damage.map(\.part) == [.options, .buffer("")])
        #expect(file.damage.last?.error.reason == .indexLost)
    }

    /// In these files the list of CPUs is before the data, so that a part of it can be read.
    @Test func whatIsWholeOfACutFileIsRead() throws {
        let whole = try BuiltFileTests.bytes(.version6)
        let all = Content(try TraceDatFile(bytes: whole))
        #expect(all.events == 2 * 6 * 20 && all.damage.isEmpty)
        var last: UInt64 = 0
        for length in stride(from: 200, through: whole.count, by: 97) {
            let content = Content(try TraceDatFile(bytes: Array(whole[..<length])))
            #expect(content.damage.isEmpty == (length == whole.count))
            #expect(content.events >= last)
            last = content.events
        }
        // The cut removes 100 bytes of the last page's unused tail. The page itself is intact.
        let nearly = Content(try TraceDatFile(bytes: Array(whole[..<(whole.count - 100)])))
        #expect(nearly.events == all.events && nearly.damage.count == 1)
        #expect(nearly.damage[0].part == .cpuData(buffer: "inst", cpu: 1))
        guard case .truncated(needed: 4096, available: 3996) = nearly.damage[0].error.reason else {
            Issue.record("\(nearly.damage)")
            return
        }
    }

    @Test(arguments: [BuiltFileTests.Form.zlib, .zstd])
    func aCorruptChunkCostsThatChunk(form: BuiltFileTests.Form) throws {
        var bytes = try BuiltFileTests.bytes(form)
        let file = try TraceDatFile(bytes: bytes)
        let cpu = file.buffers[0].cpus[0]
        // Chunks of 2, 2 and 1 pages. Destroy the contents of the second.
        let first = Int(cpu.offset) + 4
        func size(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
        let second = first + 8 + size(first)
        for index in second + 8..<second + 40 { bytes[index] ^= 0x5a }
        let content = Content(try TraceDatFile(bytes: bytes))
        #expect(content.errors.count == 1)
        #expect(content.errors.first?.offset == UInt64(second))
        #expect(content.events == 2 * 6 * 20 - 40)
    }

    @Test func aCorruptSectionCostsThatSection() throws {
        for (form, at) in [(BuiltFileTests.Form.zstd, 37 + 40), (.zlib, 37 + 40)] {
            var bytes = try BuiltFileTests.bytes(form)
            for index in at..<at + 20 { bytes[index] ^= 0xff }
            let file = try TraceDatFile(bytes: bytes)
            #expect(file.damage.map(\.part) == [.headerInfo])
            #expect(file.metadata.eventFormats.count == 1)
            // Without header_page there is no layout: an error, not a guess.
            #expect(throws: TraceDatError(offset: 0, reason: .missing("header_page"))) {
                try file.layout(of: file.buffers[0])
            }
        }
    }

    @Test func anOptionsLoopEnds() throws {
        var bytes = try BuiltFileTests.bytes(.none)
        func word(_ at: Int) -> Int { (0..<8).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
        // Magic, "7", byte order, long and page size, "none", "1.0".
        let start = word(18 + 5 + 4)
        let size = word(start + 8)
        let done = start + 16 + size - 8
        bytes.replaceSubrange(done..<done + 8, with: TraceDatBuilder.word(start, 8))
        let file = try TraceDatFile(bytes: bytes)
        #expect(file.damage.contains { $0.error.reason == .endlessOptions })
        #expect(file.options.uname == "Linux test")
    }
}

/// Walks every record of a region, reads its bytes and checks that they are inside of the region.
func walk(
    _ region: UnsafeRawBufferPointer, _ layout: SubBufferLayout, _ spacing: SubBufferSequence.Spacing
) -> (events: UInt64, malformed: Int) {
    var events: UInt64 = 0
    var malformed = 0
    var pages = SubBufferSequence(region, layout: layout, spacing: spacing)
    while pages.offset < region.count {
        let start = pages.offset
        do throws(SubBufferError) {
            guard let page = try pages.next() else { break }
            var records = page.records()
            while let record = try records.next() {
                events += 1
                guard let base = region.baseAddress, let first = record.payload.baseAddress else { continue }
                let offset = first - base
                precondition(offset >= 0 && offset + record.payload.count <= region.count, "record outside of its page")
            }
        } catch {
            malformed += 1
        }
        #expect(pages.offset > start, "no progress")
    }
    let count = SubBufferSequence(region, layout: layout, spacing: spacing).count()
    #expect(count.events == events && count.malformedPages == malformed)
    return (events, malformed)
}
