import RingBuffer
import TestSupport
import Testing
import TraceDat

/// Files of every version and compression that the builder writes are read back unchanged.
@Suite struct BuiltFileTests {
    enum Form: CaseIterable { case version6, none, zlib, zstd }

    static func builder(_ form: Form, seed: UInt64 = 1) throws -> TraceDatBuilder {
        var builder = TraceDatBuilder()
        builder.compression = form == .zlib ? .zlib : form == .zstd ? .zstd : .none
        builder.options = [
            (5, Array("Linux test\0".utf8)), (7, Array("-0x10\0".utf8)), (8, TraceDatBuilder.word(2, 4)),
            (11, TraceDatBuilder.word(77, 8)),
        ]
        var random = SplitMix64(seed: seed)
        for name in ["", "inst"] {
            var cpus: [(cpu: Int, pages: [UInt8])] = []
            for cpu in 0..<2 { cpus.append((cpu, try pages(cpu == 0 ? 5 : 1, random: &random))) }
            builder.instances.append(.init(name: name, cpus: cpus))
        }
        return builder
    }

    static func bytes(_ form: Form) throws -> [UInt8] {
        let builder = try builder(form)
        return form == .version6 ? builder.version6() : try builder.version7()
    }

    private static func pages(_ count: Int, random: inout SplitMix64) throws -> [UInt8] {
        var result: [UInt8] = []
        for page in 0..<count {
            var builder = SubBufferBuilder(layout: try .kernel64(), timestamp: UInt64(page) * 1_000_000)
            for event in 0..<UInt64(20) {
                let payload = (0..<16).map { _ in UInt8.random(in: 0...255, using: &random) }
                try builder.append(at: UInt64(page) * 1_000_000 + event * 10, payload: payload)
            }
            result += builder.finish(missed: page == 2 ? .count(9) : .none)
        }
        return result
    }

    @Test(arguments: Form.allCases) func comesBack(form: Form) throws {
        let builder = try Self.builder(form)
        let file = try TraceDatFile(bytes: try Self.bytes(form))
        #expect(file.damage.isEmpty)
        #expect(file.header.version == (form == .version6 ? 6 : 7))
        #expect(file.metadata.headerPage == builder.headerPage)
        #expect(file.metadata.headerEvent == builder.headerEvent)
        #expect(file.metadata.ftraceFormats == [EventFormatText(system: "ftrace", text: "name: print\nID: 5\n")])
        #expect(file.metadata.eventFormats == [EventFormatText(system: "sched", text: "name: sched_switch\nID: 316\n")])
        #expect(file.metadata.kallsyms == Array(builder.kallsyms.utf8))
        #expect(file.metadata.printkFormats == Array(builder.printkFormats.utf8))
        #expect(file.metadata.commandLines == Array(builder.commandLines.utf8))
        #expect(file.options.uname == "Linux test")
        #expect(file.options.timestampOffset == -16)
        #expect(file.options.traceID == 77)
        #expect(file.buffers.map(\.name) == ["", "inst"])
        for (buffer, written) in zip(file.buffers, builder.instances) {
            #expect(buffer.clock == "mono_raw")
            #expect(buffer.cpus.map { Int($0.cpu) } == written.cpus.map(\.cpu))
            for (cpu, source) in zip(buffer.cpus, written.cpus) {
                #expect(try TraceDatTests.bytes(of: file, buffer, cpu) == source.pages)
                let reader = try file.pages(of: buffer, cpu: cpu)
                var events: UInt64 = 0
                while let pages = try reader.nextSubBuffers() { events += pages.count().events }
                #expect(events == UInt64(source.pages.count / 4096 * 20))
                #expect(try reader.next() == nil)
            }
        }
    }

    /// More than one region of the reader, with sub-buffers whose size is not the machine's page size.
    @Test(arguments: [TraceDatCompression.none, .zlib, .zstd])
    func longDataOfBigSubBuffersComesBack(compression: TraceDatCompression) throws {
        let layout = try SubBufferLayout.kernel64(pageSize: 65536)
        var data: [UInt8] = []
        for page in 0..<UInt64(11) {
            var builder = SubBufferBuilder(layout: layout, timestamp: page)
            try builder.append(at: page, payload: [UInt8](repeating: UInt8(page), count: 60_000))
            data += builder.finish()
        }
        var builder = TraceDatBuilder()
        builder.compression = compression
        builder.instances = [.init(name: "big", pageSize: 65536, cpus: [(3, data)])]
        let file = try TraceDatFile(bytes: builder.version7())
        let buffer = try #require(file.buffers.first)
        #expect(try file.layout(of: buffer) == layout)
        #expect(try TraceDatTests.bytes(of: file, buffer, buffer.cpus[0]) == data)
    }

    @Test func readsAllOptions() throws {
        var builder = TraceDatBuilder()
        func words(_ values: [(Int, Int)]) -> [UInt8] { values.flatMap { TraceDatBuilder.word($0.0, $0.1) } }
        builder.options = [
            (1, Array("0x10\0".utf8)), (2, Array("CPU: 0\n\0".utf8)), (2, Array("CPU: 1\n\0".utf8)),
            (4, Array("local [tai] mono\n\0".utf8)), (6, Array("sched_switch,pid\0".utf8)),
            (9, Array("3.4\0".utf8)), (10, Array("1 0 init\n\0".utf8)),
            (
                12,
                words([
                    (5, 8), (1, 4), (1, 4), (2, 4), (10, 8), (20, 8), (-3, 8), (4, 8), (1, 8), (2, 8), (7, 8), (8, 8),
                ])
            ),
            (13, Array("vm\0".utf8) + words([(9, 8), (1, 4), (0, 4), (4242, 4)])),
            (14, words([(100, 4), (6, 4), (1234, 8)])),
            (24, Array("inst:last\0".utf8)), (99, [1, 2, 3]),
        ]
        let options = try TraceDatFile(bytes: builder.version7()).options
        #expect(options.dateOffset == 16)
        #expect(options.cpuStats == ["CPU: 0\n", "CPU: 1\n"])
        #expect(options.selectedClock == "tai")
        #expect(options.hooks == ["sched_switch,pid"])
        #expect(options.writerVersion == "3.4")
        #expect(options.processMaps == "1 0 init\n")
        let shift = try #require(options.timeShifts.first)
        #expect(shift.peerTraceID == 5 && shift.flags == 1)
        #expect(shift.cpus.map { $0.map(\.time) } == [[10, 20]])
        #expect(shift.cpus.map { $0.map(\.offset) } == [[-3, 4]])
        #expect(shift.cpus.map { $0.map(\.scaling) } == [[1, 2]])
        #expect(shift.cpus.map { $0.map(\.fractionBits) } == [[7, 8]])
        let guest = try #require(options.guests.first)
        #expect(guest.name == "vm" && guest.traceID == 9)
        #expect(guest.cpus == [TraceDatGuest.CPU(id: 0, hostPID: 4242)])
        #expect(options.tscConversion?.multiplier == 100 && options.tscConversion?.shift == 6)
        #expect(options.tscConversion?.offset == 1234)
        #expect(options.lastBootInfo == "inst:last")
        #expect(options.unknown == [99])
    }
}
