import EventFormat
import Glibc
import RingBuffer
import TraceDat

extension RecordedPages {
    /// Reads a trace.dat file.
    ///
    /// - Parameter limit: reading stops when this many bytes of pages are in memory.
    static func read(traceDat path: String, limit: Int) throws -> RecordedPages {
        let file = try TraceDatFile(path: path)
        guard let headerPage = file.metadata.headerPage else { throw InputError("\(path) has no header_page") }
        let formats = (file.metadata.ftraceFormats + file.metadata.eventFormats).map { ($0.system, $0.text) }
        let recording = try RecordedPages(
            source: path, headerPage: headerPage, formats: formats, comms: comms(file.metadata.commandLines))
        let parts = file.buffers.flatMap { buffer in buffer.cpus.map { (buffer, $0) } }
        for (buffer, cpu) in parts {
            let pages = try file.pages(of: buffer, cpu: cpu)
            let packer = PagePacker(recording, cpu: cpu.cpu)
            let before = recording.bytes
            while recording.bytes - before < limit / max(1, parts.count), var sequence = try pages.nextSubBuffers() {
                while let page = try sequence.next() { packer.add(page) }
            }
            packer.finish()
        }
        recording.sort()
        return recording
    }

    private static func comms(_ text: [UInt8]) -> [(pid: Int32, name: [UInt8])] {
        text.split(separator: 10).compactMap { line in
            guard let blank = line.firstIndex(of: 32), let pid = Int32(String(decoding: line[..<blank], as: UTF8.self))
            else { return nil }
            return (pid, Array(line[line.index(after: blank)...]))
        }
    }
}

/// Packs full-size pages as an agent does: without their unused tails.
private final class PagePacker {
    private let recording: RecordedPages
    private let cpu: UInt32
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: RecordedPages.regionSize, alignment: 16)
    private var used = 0

    init(_ recording: RecordedPages, cpu: UInt32) {
        self.recording = recording
        self.cpu = cpu
    }

    deinit { buffer.deallocate() }

    func add(_ page: SubBuffer) {
        guard page.committedLength > 0, page.usedLength <= buffer.count,
            let start = page.committed.baseAddress.map({ $0 - recording.layout.dataOffset })
        else { return }
        if used + page.usedLength > buffer.count { finish() }
        UnsafeMutableRawBufferPointer(rebasing: buffer[used...])
            .copyMemory(from: UnsafeRawBufferPointer(start: start, count: page.usedLength))
        used += page.usedLength
    }

    func finish() {
        recording.append(UnsafeRawBufferPointer(rebasing: buffer[..<used]), cpu: cpu)
        used = 0
    }
}
