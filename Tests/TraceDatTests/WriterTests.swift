import Foundation
import RingBuffer
import TestSupport
import Testing
import TraceDat

/// The reader reads back what the writer writes. The integration tests check the files with trace-cmd.
@Suite struct WriterTests {
    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ft-writer-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private static var metadata: TraceDatMetadata {
        var metadata = TraceDatMetadata()
        metadata.headerPage = TraceDatBuilder().headerPage
        metadata.headerEvent = TraceDatBuilder().headerEvent
        metadata.ftraceFormats = [EventFormatText(system: "ftrace", text: "name: print\nID: 5\n")]
        metadata.eventFormats = [
            EventFormatText(system: "sched", text: "name: sched_switch\nID: 316\n"),
            EventFormatText(system: "sched", text: "name: sched_waking\nID: 317\n"),
            EventFormatText(system: "irq", text: "name: irq_handler_entry\nID: 150\n"),
        ]
        metadata.kallsyms = Array("ffffffff81000000 T _text\n".utf8)
        metadata.printkFormats = Array("0xffffffff82000000 : \"hello\"\n".utf8)
        metadata.commandLines = Array("1 init\n".utf8)
        metadata.typeInformation = [0x9f, 0xeb, 1, 0, 24, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
        return metadata
    }

    @Test func metadataAndOptionsComeBack() throws {
        try Self.inFolder { folder in
            var options = TraceDatOptions()
            options.cpuStats = ["CPU: 0\noverrun: 3\n"]
            options.traceClocks = "[mono_raw]\n"
            options.uname = "Linux web-1 6.18.0 x86_64"
            options.timestampOffset = -5
            options.cpuCount = 4
            options.writerVersion = "test"
            options.traceID = .max
            options.timeShifts = [
                TraceDatTimeShift(
                    peerTraceID: 7, flags: TraceDatTimeShift.interpolateFlag,
                    samples: [.init(time: 10, offset: -3), .init(time: .max, offset: .min)], cpuCount: 2)
            ]
            let path = "\(folder)/a.dat"
            try TraceDatWriter(path: path, layout: .kernel64()).finish(
                metadata: Self.metadata, options: options, cpus: [2, 0], clock: "mono_raw", longSize: 8)
            let file = try TraceDatFile(path: path)
            #expect(file.damage.isEmpty)
            #expect(file.metadata == Self.metadata)
            #expect(file.options == options)
            #expect(file.buffers.map(\.name) == [""] && file.buffers[0].clock == "mono_raw")
            #expect(file.buffers[0].cpus.map(\.cpu) == [0, 2] && file.buffers[0].cpus.allSatisfy { $0.size == 0 })
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["a.dat"])
        }
    }

    /// Pages of several CPUs alternately, without their unused tails as in batches. One CPU has more than a chunk, one
    /// less.
    @Test(arguments: [4096, 65536]) func pagesComeBackWhole(pageSize: Int) throws {
        try Self.inFolder { folder in
            let layout = try SubBufferLayout.kernel64(pageSize: pageSize)
            let writer = TraceDatWriter(path: "\(folder)/a.dat", layout: layout)
            var expected: [UInt32: [UInt8]] = [:]
            for index in 0..<100 as Range<UInt64> {
                var builder = SubBufferBuilder(layout: layout, timestamp: index * 1000)
                for event in 0..<(index % 7 + 1) {
                    try builder.append(at: index * 1000 + event, payload: [UInt8](repeating: UInt8(index), count: 24))
                }
                let page = builder.finish(missed: index % 9 == 0 ? .count(index) : .none)
                let cpu: UInt32 = index % 10 == 0 ? 5 : UInt32(index % 2)
                expected[cpu, default: []] += page
                try page.withUnsafeBytes { bytes in
                    let used = try SubBuffer(bytes, layout: layout).usedLength
                    try writer.append(UnsafeRawBufferPointer(rebasing: bytes[..<used]), cpu: cpu)
                }
            }
            try writer.finish(
                metadata: Self.metadata, options: TraceDatOptions(), cpus: [3], clock: "mono_raw", longSize: 8)
            let file = try TraceDatFile(path: "\(folder)/a.dat")
            #expect(file.damage.isEmpty)
            let buffer = try #require(file.buffers.first)
            #expect(buffer.cpus.map(\.cpu) == [0, 1, 3, 5] && Int(buffer.pageSize) == pageSize)
            for cpu in buffer.cpus {
                #expect(try TraceDatTests.bytes(of: file, buffer, cpu) == expected[cpu.cpu] ?? [])
            }
        }
    }

    @Test func overwritesNothing() throws {
        try Self.inFolder { folder in
            let path = "\(folder)/a.dat"
            try "mine".write(toFile: path, atomically: false, encoding: .utf8)
            #expect(throws: TraceDatWriteError(path: path, reason: .system(call: "open", errno: EEXIST))) {
                try TraceDatWriter(path: path, layout: .kernel64()).finish(
                    metadata: Self.metadata, options: TraceDatOptions(), cpus: [0], clock: "mono_raw", longSize: 8)
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
        }
    }
}
