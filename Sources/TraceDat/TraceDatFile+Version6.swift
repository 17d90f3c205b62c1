/// Version 6: one part after the other, without sizes, so everything after damage is lost.
extension TraceDatFile {
    mutating func readVersion6(_ reader: inout FieldReader) {
        guard readVersion6Metadata(&reader) else { return }
        var instances: [(offset: UInt64, name: String)] = []
        var cpuCount: UInt32 = 0
        let top = TraceDatDamage.Part.buffer("")
        let isWhole = attempt(top) { file throws(TraceDatError) in
            cpuCount = try reader.count(limit: MetadataLimit.cpus)
        }
        guard isWhole else { return }
        guard
            attempt(
                .options,
                { file throws(TraceDatError) in
                    try file.readVersion6Options(&reader, instances: &instances)
                })
        else { return }
        // There is a CPU count before the options. If the options state one too, that one is right.
        cpuCount = min(options.cpuCount ?? cpuCount, MetadataLimit.cpus)
        _ = attempt(top) { file throws(TraceDatError) in
            try file.readVersion6Buffer(&reader, name: "", cpuCount: cpuCount)
        }
        for instance in instances {
            _ = attempt(.buffer(instance.name)) { file throws(TraceDatError) in
                var reader = FieldReader(file.source, from: instance.offset, to: .max)
                try file.readVersion6Buffer(&reader, name: instance.name, cpuCount: cpuCount)
            }
        }
    }

    private mutating func readVersion6Metadata(_ reader: inout FieldReader) -> Bool {
        attempt(.headerInfo) { file throws(TraceDatError) in try file.metadata.readHeaderInfo(&reader) }
            && attempt(.ftraceFormats) { file throws(TraceDatError) in try file.metadata.readFtraceFormats(&reader) }
            && attempt(.eventFormats) { file throws(TraceDatError) in try file.metadata.readEventFormats(&reader) }
            && attempt(.kallsyms) { file throws(TraceDatError) in try file.metadata.readKallsyms(&reader) }
            && attempt(.printkFormats) { file throws(TraceDatError) in try file.metadata.readPrintkFormats(&reader) }
            && attempt(.commandLines) { file throws(TraceDatError) in try file.metadata.readCommandLines(&reader) }
    }

    /// Reads the options, if there are any, and leaves `reader` at the tag after them.
    private mutating func readVersion6Options(
        _ reader: inout FieldReader, instances: inout [(offset: UInt64, name: String)]
    ) throws(TraceDatError) {
        let start = reader
        guard try reader.bytes(10) == Array("options  \0".utf8) else {
            reader = start
            return
        }
        while true {
            let optionOffset = reader.fileOffset
            let id = try reader.integer(UInt16.self)
            if id == SectionID.options { return }
            let size = try reader.integer(UInt32.self)
            let bytes = try reader.bytes(UInt64(size), limit: MetadataLimit.options)
            var option = FieldReader(decompressed: bytes, at: optionOffset)
            guard id == SectionID.buffer else {
                _ = attempt(.option(id)) { file throws(TraceDatError) in try file.options.add(id: id, &option) }
                continue
            }
            _ = attempt(.option(id)) { file throws(TraceDatError) in
                instances.append((try option.integer(), try option.string()))
            }
        }
    }

    /// The recorded data of one instance: `flyrecord` and a list of CPUs, or `latency` and text up to the file's end.
    private mutating func readVersion6Buffer(
        _ reader: inout FieldReader, name: String, cpuCount: UInt32
    ) throws(TraceDatError) {
        var buffer = TraceDatBuffer(
            name: name, clock: nil, pageSize: header.pageSize, cpus: [], isCompressed: false)
        let tag = try reader.bytes(10)
        switch tag {
        case Array("flyrecord\0".utf8):
            for cpu in 0..<cpuCount {
                buffer.cpus.append(
                    TraceDatCPU(
                        cpu: cpu, offset: try reader.integer(), listedSize: try reader.integer(),
                        isCompressed: false, fileSize: source.size))
            }
            if options.traceClocks != nil {
                // With that option (empty in version 6), the instance's trace_clock file follows the list.
                var clocks = TraceDatOptions()
                clocks.traceClocks = try reader.text(reader.integer())
                buffer.clock = clocks.selectedClock
            }
        case Array("latency  \0".utf8):
            buffer.text = TraceDatTextRange(offset: reader.position, size: reader.remaining)
        default:
            throw reader.error(.malformed("neither flyrecord nor latency data"))
        }
        buffers.append(buffer)
    }
}
