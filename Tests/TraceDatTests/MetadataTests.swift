import Foundation
import RingBuffer
import TestSupport
import Testing
import TraceDat

@Suite struct MetadataTests {
    @Test func readsTheHostsFiles() throws {
        let file = try TraceDatFile(path: Fixture.path("host-6.18.dat"))
        #expect(file.header.version == 7)
        #expect(file.header.compression == .zstd)
        #expect(file.header.longSize == 8 && file.header.pageSize == 4096)
        let metadata = file.metadata
        #expect(try SubBufferLayout(headerPage: #require(metadata.headerPage)) == .kernel64())
        try RecordHeaderFormat.check(headerEvent: #require(metadata.headerEvent))
        #expect(metadata.ftraceFormats.count == 18)
        #expect(metadata.ftraceFormats.allSatisfy { $0.system == "ftrace" && $0.text.hasPrefix("name: ") })
        #expect(Set(metadata.eventFormats.map(\.system)).count == 101)
        #expect(metadata.eventFormats.allSatisfy { $0.text.hasPrefix("name: ") && $0.text.contains("\nID: ") })
        #expect(metadata.eventFormats.contains { $0.system == "sched" && $0.text.hasPrefix("name: sched_switch\n") })
        #expect(metadata.kallsyms.count == 5_413_828 && metadata.kallsyms.last == UInt8(ascii: "\n"))
        #expect(metadata.printkFormats.count == 4_316)
        #expect(metadata.commandLines.count == 2_784)
    }

    @Test func readsTheHostsOptions() throws {
        let file = try TraceDatFile(path: Fixture.path("host-6.18.dat"))
        #expect(file.options.uname == "Linux vm 6.18.44-fc-v657 x86_64")
        #expect(file.options.traceID == 0x7BE3_C5E5_6A62_A520)
        #expect(file.options.selectedClock == "local")
        #expect(file.options.cpuCount == 2)
        #expect(file.options.writerVersion == "3.1.6 not-a-git-repo")
        #expect(file.options.unknown.isEmpty)
        #expect(file.buffers.map(\.name) == ["", "cap_a"])
        #expect(file.buffers[0].cpus.isEmpty)
        #expect(file.buffers[1].pageSize == 4096 && file.buffers[1].clock == "local")
    }

    @Test func readsVersion6AsTraceCmdConvertsIt() throws {
        let file = try TraceDatFile(path: Fixture.path("small-v6.dat"))
        #expect(file.header.version == 6)
        #expect(file.damage.isEmpty)
        let original = try TraceDatFile(path: Fixture.path("guest-6.1-kprobes.dat"))
        #expect(file.metadata.headerPage == original.metadata.headerPage)
        #expect(file.metadata.eventFormats == original.metadata.eventFormats.filter { $0.system == "sched" })
        #expect(file.metadata.commandLines == original.metadata.commandLines)
        #expect(file.options.traceID == original.options.traceID)
        let buffer = try #require(file.buffers.first { $0.name == "cap" })
        let whole = try #require(original.buffers.first { $0.name == "cap" })
        #expect(buffer.clock == "global")
        #expect(buffer.cpus.count == 2)
        for (cpu, originalCPU) in zip(buffer.cpus, whole.cpus) {
            let pages = try bytes(of: file, buffer, cpu)
            #expect(pages.count == 3 * 4096)
            #expect(try bytes(of: original, whole, originalCPU).starts(with: pages))
        }
    }

    @Test func refusesOtherFiles() {
        func reason(_ bytes: [UInt8]) -> TraceDatError.Reason? {
            do throws(TraceDatError) { _ = try TraceDatFile(bytes: bytes) } catch { return error.reason }
            return nil
        }
        let magic: [UInt8] = [0x17, 0x08, 0x44] + Array("tracing".utf8)
        #expect(reason([]) == .notATraceDat)
        #expect(reason(Array("PERFILE2".utf8)) == .notATraceDat)
        #expect(reason(magic + Array("5\0".utf8)) == .unsupportedVersion("5"))
        #expect(reason(magic + Array("8\0".utf8)) == .unsupportedVersion("8"))
        #expect(reason(magic + Array("6\0".utf8) + [1, 8]) == .bigEndian)
        #expect(
            reason(magic + Array("7\0".utf8) + [0, 8, 0, 16, 0, 0] + Array("lzma\01\0".utf8))
                == .unsupportedCompression("lzma"))
        #expect(throws: TraceDatError.self) { try TraceDatFile(path: "/nonexistent/trace.dat") }
        #expect(throws: TraceDatError(offset: 0, reason: .notARegularFile)) { try TraceDatFile(path: "/dev/null") }
    }

    @Test("A FIFO without a writer is refused without waiting")
    func fifo() {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString)").path
        #expect(mkfifo(path, 0o600) == 0)
        defer { unlink(path) }
        #expect(throws: TraceDatError(offset: 0, reason: .notARegularFile)) { try TraceDatFile(path: path) }
    }
}

/// All recorded bytes of a CPU.
func bytes(of file: TraceDatFile, _ buffer: TraceDatBuffer, _ cpu: TraceDatCPU) throws -> [UInt8] {
    let reader = try file.pages(of: buffer, cpu: cpu)
    var result: [UInt8] = []
    while let region = try reader.next() { result += region }
    return result
}
