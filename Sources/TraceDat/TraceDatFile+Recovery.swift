/// A version 7 file lists a buffer's CPUs after their data, so a file that is cut off within the data has no list.
/// trace-cmd writes sections back to back and each CPU's chunks at the next page boundary, so they can be found.
extension TraceDatFile {
    /// Looks for buffers that no option points to, section by section from the start of the file.
    mutating func recoverBuffers() {
        let known = Set(bufferSections)
        var offset = header.endOffset
        for _ in 0..<MetadataLimit.optionsSections {
            guard let section = try? SectionHeader(at: offset, in: source), section.id <= SectionID.largest else {
                return
            }
            if section.id == SectionID.buffer, section.size > 0, !known.contains(offset) {
                recoverBuffer(section, at: offset)
            }
            guard section.endOffset > offset else { return }
            offset = section.endOffset
        }
    }

    private mutating func recoverBuffer(_ section: SectionHeader, at sectionOffset: UInt64) {
        var buffer = TraceDatBuffer(
            name: "", clock: nil, pageSize: header.pageSize, cpus: [], isCompressed: section.isCompressed,
            isRecovered: true)
        let end = min(section.endOffset, source.size)
        // If pages are not in chunks, nothing shows where a CPU's pages end.
        var next = section.isCompressed ? aligned(section.bodyOffset) : nil
        while let offset = next, offset < end, buffer.cpus.count < Int(MetadataLimit.cpus) {
            guard let chunksEnd = endOfChunks(at: offset, limit: end) else { break }
            buffer.cpus.append(
                TraceDatCPU(
                    cpu: UInt32(buffer.cpus.count), offset: offset, listedSize: chunksEnd - offset - 4,
                    isCompressed: true, fileSize: source.size))
            next = aligned(chunksEnd)
        }
        damage.append(TraceDatDamage(.buffer(""), TraceDatError(offset: sectionOffset, reason: .indexLost)))
        if !buffer.cpus.isEmpty { buffers.append(buffer) }
    }

    /// The next page boundary, or `nil` above the largest offset.
    private func aligned(_ offset: UInt64) -> UInt64? {
        let page = UInt64(max(header.pageSize, 1))
        let rest = offset % page
        guard rest > 0 else { return offset }
        let (result, overflow) = offset.addingReportingOverflow(page - rest)
        return overflow ? nil : result
    }

    /// Offset after the chunks of a CPU, or `nil` if there are none. If it is above `limit`, the chunks are cut off.
    private func endOfChunks(at offset: UInt64, limit: UInt64) -> UInt64? {
        var reader = FieldReader(source, from: offset, to: limit)
        guard let count = try? reader.integer(UInt32.self), count > 0 else { return nil }
        for _ in 0..<count {
            guard let compressedSize = try? reader.integer(UInt32.self), let size = try? reader.integer(UInt32.self)
            else {
                return reader.position + 8
            }
            guard compressedSize > 0, size > 0, size <= UInt32(TraceDatPageReader.maximumChunkSize) else { return nil }
            guard UInt64(compressedSize) <= reader.remaining else { return reader.position + UInt64(compressedSize) }
            reader.skip(UInt64(compressedSize))
        }
        return reader.position
    }
}
