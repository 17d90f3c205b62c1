import Glibc
import RingBuffer

/// Writes a trace.dat file of version 7 with one buffer, compressed with zstd, as Debian's trace-cmd does.
///
/// Append the pages of all CPUs first, in any order. `finish` creates the file. Until then the compressed pages are in
/// one file without a name for each CPU, in the same folder, so memory does not depend on the recording's length.
public final class TraceDatWriter {
    private let path: String
    private let folder: String
    /// Layout of the pages.
    public let layout: SubBufferLayout
    private let compressor = Compressor()
    private var spools: [UInt32: CPUSpool] = [:]

    /// Creates no file yet.
    ///
    /// - Parameter path: the path of the output file.
    public init(path: String, layout: SubBufferLayout) {
        self.path = path
        self.layout = layout
        folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Appends a sub-buffer of a CPU. Its unused tail may be cut.
    ///
    /// - Parameter page: at most one whole page of the layout.
    public func append(_ page: UnsafeRawBufferPointer, cpu: UInt32) throws(TraceDatWriteError) {
        try spool(of: cpu).append(page, compressor: compressor)
    }

    private func spool(of cpu: UInt32) throws(TraceDatWriteError) -> CPUSpool {
        if let spool = spools[cpu] { return spool }
        let spool = try CPUSpool(folder: folder, pageSize: layout.pageSize)
        spools[cpu] = spool
        return spool
    }

    /// Writes the file. If that fails, no file is left.
    ///
    /// - Parameters:
    ///   - cpus: CPUs to list even if they have no page.
    ///   - clock: the trace clock of the time stamps.
    ///   - longSize: bytes in a `long` of the recording machine.
    /// - Throws: also if the file exists already.
    public func finish(
        metadata: TraceDatMetadata, options: TraceDatOptions, cpus: Set<UInt32>, clock: String, longSize: Int
    ) throws(TraceDatWriteError) {
        for spool in spools.values { try spool.endChunk(compressor) }
        let file = try OutputFile(creating: path)
        do throws(TraceDatWriteError) {
            try write(metadata, options, cpus.union(spools.keys).sorted(), clock, longSize, to: file)
        } catch {
            unlink(path)
            throw error
        }
    }

    private func write(
        _ metadata: TraceDatMetadata, _ options: TraceDatOptions, _ cpus: [UInt32], _ clock: String, _ longSize: Int,
        to file: OutputFile
    ) throws(TraceDatWriteError) {
        var header = FieldWriter()
        header.append([0x17, 0x08, 0x44])
        header.append("tracing".utf8)
        header.append(terminated: "7")
        header.append([0, UInt8(longSize)])
        // The sub-buffer size, not the machine's page size: libtracecmd uses it for the top-level buffer's sub-buffers.
        header.append(UInt32(layout.pageSize))
        header.append(terminated: Compressor.name)
        header.append(terminated: Compressor.version)
        let pointer = UInt64(header.bytes.count)
        header.append(UInt64(0))
        try file.append(header.bytes)

        var sections = SectionWriter(file: file, compressor: compressor)
        try sections.append(compressed: SectionID.headerInfo, "headers", metadata.headerInfo())
        try sections.append(compressed: SectionID.ftraceFormats, "ftrace events", metadata.ftraceFormatsBody())
        try sections.append(compressed: SectionID.eventFormats, "events format", metadata.eventFormatsBody())
        if !metadata.kallsyms.isEmpty {
            try sections.append(
                compressed: SectionID.kallsyms, "kallsyms", try sized(metadata.kallsyms, UInt32.self, "symbols"))
        }
        try sections.append(
            compressed: SectionID.printkFormats, "printk",
            try sized(metadata.printkFormats, UInt32.self, "printk formats"))
        try sections.append(
            compressed: SectionID.commandLines, "command lines",
            try sized(metadata.commandLines, UInt64.self, "task names"))
        if !metadata.typeInformation.isEmpty {
            // Its length is that of the section.
            var types = FieldWriter()
            types.append(metadata.typeInformation)
            try sections.append(compressed: SectionID.typeInformation, "BTF", types)
        }
        let buffer = try appendBuffer(cpus, clock, to: &sections)

        var body = FieldWriter()
        for (id, offset) in sections.offsets {
            var data = FieldWriter()
            data.append(offset)
            body.append(option: id, data)
        }
        options.append(to: &body)
        body.append(option: SectionID.buffer, buffer)
        var end = FieldWriter()
        end.append(UInt64(0))
        body.append(option: SectionID.options, end)
        let optionsOffset = file.position
        // Uncompressed, because `trace-cmd dump` 3.1 cannot read a compressed options section.
        try sections.append(plain: SectionID.options, "options", body)
        try sections.appendNames()
        try file.flush()
        // Written last, so that a file that is incomplete can be recognized.
        var offset = FieldWriter()
        offset.append(optionsOffset)
        try file.patch(offset.bytes, at: pointer)
    }

    /// Appends the section with the pages.
    ///
    /// - Returns: the option that lists them.
    private func appendBuffer(
        _ cpus: [UInt32], _ clock: String, to sections: inout SectionWriter
    ) throws(TraceDatWriteError) -> FieldWriter {
        let file = sections.file
        var option = FieldWriter()
        option.append(file.position)
        option.append(terminated: "")
        option.append(terminated: clock)
        option.append(UInt32(layout.pageSize))
        option.append(UInt32(cpus.count))
        let body = file.position + SectionHeader.size
        var end = body
        for cpu in cpus {
            let size = spools[cpu]?.size ?? 0
            let offset = OutputFile.aligned(end, to: UInt64(layout.pageSize))
            option.append(cpu)
            option.append(offset)
            // trace-cmd does not count the word before the chunks.
            option.append(size > 0 ? size - 4 : 0)
            if size > 0 { end = offset + size }
        }
        try sections.appendHeader(SectionID.buffer, "flyrecord", isCompressed: true, size: end - body)
        for cpu in cpus {
            guard let spool = spools[cpu] else { continue }
            try file.align(to: UInt64(layout.pageSize))
            try spool.write(to: file)
            // This frees the spool's disk space.
            spools[cpu] = nil
        }
        return option
    }

    private func sized<L: FixedWidthInteger>(
        _ data: [UInt8], _ length: L.Type, _ part: String
    ) throws(TraceDatWriteError) -> FieldWriter {
        guard data.count <= MetadataLimit.section else {
            throw TraceDatWriteError(path: path, reason: .tooLarge(part, bytes: data.count))
        }
        var body = FieldWriter()
        body.append(data, length: length)
        return body
    }
}
