import Glibc
import RingBuffer
import TraceDat

private let headerPage = """
    \tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
    \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
    \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;
    """
private let path = "\(fuzzFolder)/\(getpid()).dat"

/// What a trace.dat file is made of, in pieces. What was written can be read, and is the same.
@Sendable func fuzzTraceDatWriting(_ input: UnsafeRawBufferPointer) {
    var bytes = FuzzBytes(input)
    do {
        let writer = TraceDatWriter(path: path, layout: try SubBufferLayout(headerPage: headerPage))
        var pages: [UInt32: [[UInt8]]] = [:]
        for _ in 0..<bytes.byte() % 8 {
            let cpu = UInt32(bytes.byte() % 4)
            let page = Array(bytes.piece().prefix(writer.layout.pageSize))
            try page.withUnsafeBytes { try writer.append($0, cpu: cpu) }
            pages[cpu, default: []].append(page)
        }
        var metadata = TraceDatMetadata()
        metadata.headerPage = headerPage
        metadata.headerEvent = bytes.text()
        for _ in 0..<bytes.byte() % 4 {
            metadata.eventFormats.append(EventFormatText(system: bytes.text(), text: bytes.text()))
        }
        metadata.ftraceFormats = [EventFormatText(system: "ftrace", text: bytes.text())]
        metadata.kallsyms = Array(bytes.piece())
        metadata.printkFormats = Array(bytes.piece())
        metadata.commandLines = Array(bytes.piece())
        var options = TraceDatOptions()
        options.cpuStats = [bytes.text()]
        options.uname = bytes.text()
        options.cpuCount = bytes.integer()
        options.traceID = bytes.integer()
        options.timestampOffset = bytes.integer()
        defer { unlink(path) }
        try writer.finish(metadata: metadata, options: options, cpus: [0], clock: "mono_raw", longSize: 8)
        compare(try TraceDatFile(path: path), metadata, options, pages)
    } catch {
        fatalError("\(error)")
    }
}

private func compare(
    _ file: TraceDatFile, _ metadata: TraceDatMetadata, _ options: TraceDatOptions, _ pages: [UInt32: [[UInt8]]]
) {
    precondition(file.damage.isEmpty, "\(file.damage)")
    precondition(file.metadata.kallsyms == metadata.kallsyms && file.metadata.commandLines == metadata.commandLines)
    precondition(file.metadata.printkFormats == metadata.printkFormats)
    precondition(file.options.cpuCount == options.cpuCount && file.options.traceID == options.traceID)
    precondition(file.options.timestampOffset == options.timestampOffset)
    for buffer in file.buffers {
        for cpu in buffer.cpus {
            var whole: [UInt8] = []
            do {
                let reader = try file.pages(of: buffer, cpu: cpu)
                while let region = try reader.next() { whole += region }
                let size = reader.layout.pageSize
                let written = (pages[cpu.cpu] ?? []).flatMap { $0 + [UInt8](repeating: 0, count: size - $0.count) }
                precondition(whole.starts(with: written) && whole.dropFirst(written.count).allSatisfy { $0 == 0 })
            } catch {
                fatalError("\(error)")
            }
        }
    }
}
