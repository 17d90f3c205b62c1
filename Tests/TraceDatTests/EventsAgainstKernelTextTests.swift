import KernelText
import RingBuffer
import TestSupport
import Testing
import TraceDat

/// Events read from a binary recording must agree with the kernel's text of the buffer.
@Suite struct EventsAgainstKernelTextTests {
    @Test(arguments: [("host-6.18", "cap_a"), ("guest-6.1-kprobes", "cap")])
    func eventsAndTimesAreThoseOfTheKernelsText(name: String, instance: String) throws {
        let text = KernelTraceText(try Fixture.bytes("\(name).kernel.txt.gz"))
        let file = try TraceDatFile(path: Fixture.path("\(name).dat"))
        #expect(file.damage.isEmpty)
        let buffer = try #require(file.buffers.first { $0.name == instance })
        #expect(Set(text.microseconds.keys) == Set(buffer.cpus.map { Int($0.cpu) }))
        var events: UInt64 = 0
        var missed: UInt64 = 0
        var seen: Set<UInt16> = []
        for cpu in buffer.cpus {
            let read = try read(file, buffer, cpu)
            let expected = text.microseconds[Int(cpu.cpu)] ?? []
            #expect(read.microseconds.count == expected.count)
            #expect(read.microseconds == expected, "CPU \(cpu.cpu)")
            #expect(read.count.events == UInt64(expected.count))
            #expect(read.count.malformedPages == 0 && !read.count.hasUnknownMissed)
            events += read.count.events
            missed += read.count.missed
            seen.formUnion(read.types)
        }
        #expect(events == text.entriesInBuffer)
        #expect(events + missed == text.entriesWritten)
        // Each record starts with the id of an event whose format the file has.
        let formats = file.metadata.ftraceFormats + file.metadata.eventFormats
        #expect(seen.count > 100 && seen.isSubset(of: formats.compactMap { Self.identifier($0.text) }))
    }

    @Test func lostEventsArePerCPU() throws {
        let file = try TraceDatFile(path: Fixture.path("host-6.18.dat"))
        let buffer = try #require(file.buffers.first { $0.name == "cap_a" })
        let missed = try buffer.cpus.map { try read(file, buffer, $0).count.missed }
        // "overrun" of per_cpu/cpuN/stats, which trace-cmd saved too.
        let start = try #require(file.options.cpuStats.firstIndex { $0.contains("Buffer: cap_a") })
        let overruns = file.options.cpuStats[(start + 1)...].compactMap { stats in
            stats.split(separator: "\n").first { $0.hasPrefix("overrun: ") }.flatMap { UInt64($0.dropFirst(9)) }
        }
        #expect(missed == overruns)
        #expect(missed == [305_302, 2_659_131])
    }

    private static func identifier(_ format: String) -> UInt16? {
        format.split(separator: "\n").first { $0.hasPrefix("ID: ") }.flatMap { UInt16($0.dropFirst(4)) }
    }

    private struct Reading {
        var microseconds: [UInt64] = []
        var types: Set<UInt16> = []
        var count: RegionCount
    }

    private func read(_ file: TraceDatFile, _ buffer: TraceDatBuffer, _ cpu: TraceDatCPU) throws -> Reading {
        let reader = try file.pages(of: buffer, cpu: cpu)
        var whole: [UInt8] = []
        var packed: [UInt8] = []
        var result = Reading(count: RegionCount())
        while let region = try reader.next() {
            whole += region
            var pages = SubBufferSequence(region, layout: reader.layout, spacing: .fullSize)
            while pages.offset < region.count {
                let start = pages.offset
                guard let page = try pages.next() else { break }
                packed += region[start..<start + page.usedLength]
                var records = page.records()
                while let record = try records.next() {
                    // The kernel rounds to µs (ns2usecs).
                    result.microseconds.append((record.timestamp + 500) / 1000)
                    result.types.insert(record.payload.loadUnaligned(as: UInt16.self))
                }
            }
        }
        result.count = whole.withUnsafeBytes {
            SubBufferSequence($0, layout: reader.layout, spacing: .fullSize).count()
        }
        let cut = packed.withUnsafeBytes { SubBufferSequence($0, layout: reader.layout, spacing: .packed).count() }
        #expect(cut == result.count)
        #expect(packed.count < whole.count)
        return result
    }
}
