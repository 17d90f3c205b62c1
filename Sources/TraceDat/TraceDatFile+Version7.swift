/// Version 7: sections at any offset, which options point to.
extension TraceDatFile {
    mutating func readVersion7() {
        let decompressor = Decompressor(header.compression)
        var sections: [UInt16: UInt64] = [:]
        readOptionsSections(decompressor, sections: &sections)
        // If the chain of options is broken, the buffers listed after the break are lost.
        if damage.contains(where: { $0.part == .options }) { recoverBuffers() }
        func read(
            _ id: UInt16, _ part: TraceDatDamage.Part, into file: inout Self,
            _ body: (inout TraceDatMetadata, inout FieldReader) throws(TraceDatError) -> Void
        ) {
            guard let offset = sections[id] else { return }
            _ = file.attempt(part) { file throws(TraceDatError) in
                var reader = try file.sectionBody(id, at: offset, decompressor)
                try body(&file.metadata, &reader)
            }
        }
        read(SectionID.headerInfo, .headerInfo, into: &self) { metadata, reader throws(TraceDatError) in
            try metadata.readHeaderInfo(&reader)
        }
        read(SectionID.ftraceFormats, .ftraceFormats, into: &self) { metadata, reader throws(TraceDatError) in
            try metadata.readFtraceFormats(&reader)
        }
        read(SectionID.eventFormats, .eventFormats, into: &self) { metadata, reader throws(TraceDatError) in
            try metadata.readEventFormats(&reader)
        }
        read(SectionID.kallsyms, .kallsyms, into: &self) { metadata, reader throws(TraceDatError) in
            try metadata.readKallsyms(&reader)
        }
        read(SectionID.printkFormats, .printkFormats, into: &self) { metadata, reader throws(TraceDatError) in
            try metadata.readPrintkFormats(&reader)
        }
        read(SectionID.typeInformation, .typeInformation, into: &self) { metadata, reader throws(TraceDatError) in
            try metadata.readTypeInformation(&reader)
        }
        read(SectionID.commandLines, .commandLines, into: &self) { metadata, reader throws(TraceDatError) in
            try metadata.readCommandLines(&reader)
        }
    }

    private func sectionBody(
        _ id: UInt16, at offset: UInt64, _ decompressor: Decompressor
    ) throws(TraceDatError) -> FieldReader {
        let section = try SectionHeader(at: offset, in: source)
        guard section.id == id else {
            throw TraceDatError(offset: offset, reason: .unexpectedSection(id: section.id, expected: id))
        }
        return try section.body(in: source, decompressor: decompressor)
    }

    /// Follows the chain of options sections. If several options point to the same kind of section, the last one is
    /// used.
    private mutating func readOptionsSections(_ decompressor: Decompressor, sections: inout [UInt16: UInt64]) {
        guard header.optionsOffset != 0 else {
            damage.append(
                TraceDatDamage(.options, TraceDatError(offset: header.endOffset, reason: .missing("options section"))))
            return
        }
        var next = header.optionsOffset
        var seen: Set<UInt64> = []
        while next != 0 {
            let offset = next
            next = 0
            let isNew = seen.insert(offset).inserted
            let isWhole = attempt(.options) { file throws(TraceDatError) in
                guard isNew, seen.count <= MetadataLimit.optionsSections else {
                    throw TraceDatError(offset: offset, reason: .endlessOptions)
                }
                next = try file.readOptionsSection(at: offset, decompressor, sections: &sections)
            }
            guard isWhole else { return }
        }
    }

    /// - Returns: the offset of the next options section, or 0 if this is the last.
    private mutating func readOptionsSection(
        at offset: UInt64, _ decompressor: Decompressor, sections: inout [UInt16: UInt64]
    ) throws(TraceDatError) -> UInt64 {
        let section = try SectionHeader(at: offset, in: source)
        guard section.id == SectionID.options else {
            throw TraceDatError(
                offset: offset, reason: .unexpectedSection(id: section.id, expected: SectionID.options))
        }
        var reader = try section.body(in: source, decompressor: decompressor, limit: MetadataLimit.options)
        while true {
            let optionOffset = reader.fileOffset
            let id = try reader.integer(UInt16.self)
            let size = try reader.integer(UInt32.self)
            let bytes = try reader.bytes(UInt64(size), limit: MetadataLimit.options)
            var option = FieldReader(decompressed: bytes, at: optionOffset)
            if id == SectionID.options { return try option.integer() }
            _ = attempt(.option(id)) { file throws(TraceDatError) in
                switch id {
                case SectionID.buffer, SectionID.bufferText: try file.addBuffer(&option, isText: id != 3)
                case SectionID.headerInfo...SectionID.commandLines: sections[id] = try option.integer()
                case SectionID.typeInformation: sections[id] = try option.integer()
                case 25: break  // /proc/modules, which is not needed
                default: try file.options.add(id: id, &option)
                }
            }
        }
    }

    /// Option BUFFER or BUFFER_TEXT.
    private mutating func addBuffer(_ option: inout FieldReader, isText: Bool) throws(TraceDatError) {
        let sectionOffset = try option.integer(UInt64.self)
        let name = try option.string()
        let clock = try option.string()
        let section = try SectionHeader(at: sectionOffset, in: source)
        let expected = isText ? SectionID.bufferText : SectionID.buffer
        guard section.id == expected else {
            throw TraceDatError(
                offset: sectionOffset, reason: .unexpectedSection(id: section.id, expected: expected))
        }
        var buffer = TraceDatBuffer(
            name: name, clock: clock.isEmpty ? nil : clock,
            pageSize: isText ? header.pageSize : try option.integer(), cpus: [], isCompressed: section.isCompressed)
        if isText {
            buffer.text = TraceDatTextRange(offset: section.bodyOffset, size: section.size)
        } else {
            for _ in 0..<(try option.count(limit: MetadataLimit.cpus)) {
                buffer.cpus.append(
                    TraceDatCPU(
                        cpu: try option.integer(), offset: try option.integer(), listedSize: try option.integer(),
                        isCompressed: section.isCompressed, fileSize: source.size))
            }
        }
        buffers.append(buffer)
        bufferSections.append(sectionOffset)
    }
}
