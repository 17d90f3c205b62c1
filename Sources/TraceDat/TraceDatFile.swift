import RingBuffer

/// A trace.dat file of version 6 or 7, opened for reading.
///
/// Opening reads the metadata. A `TraceDatPageReader` for each buffer and CPU reads the recorded pages in pieces. From
/// a file that is cut off or corrupt everything intact is read, and `damage` lists the rest.
public struct TraceDatFile: Sendable {
    /// The first bytes of the file.
    public let header: TraceDatHeader
    /// The recorded kernel's files.
    public internal(set) var metadata = TraceDatMetadata()
    /// What trace-cmd added.
    public internal(set) var options = TraceDatOptions()
    /// Trace instances with recorded data, in the order of the file. The top-level instance may have no CPUs.
    public internal(set) var buffers: [TraceDatBuffer] = []
    /// What could not be read.
    public internal(set) var damage: [TraceDatDamage] = []

    let source: ByteSource
    /// Offsets of the sections that an option BUFFER points to.
    var bufferSections: [UInt64] = []

    /// Opens a file.
    ///
    /// - Throws: `TraceDatError` if it cannot be opened or does not start with a supported header.
    public init(path: String) throws(TraceDatError) {
        try self.init(ByteSource(path: path))
    }

    /// Takes type information of the kernel from elsewhere, where the file has none.
    public mutating func supply(typeInformation: [UInt8]) {
        if metadata.typeInformation.isEmpty { metadata.typeInformation = typeInformation }
    }

    /// Reads a file that is in memory.
    ///
    /// - Throws: `TraceDatError` if it does not start with a supported header.
    public init(bytes: [UInt8]) throws(TraceDatError) {
        try self.init(ByteSource(bytes: bytes))
    }

    private init(_ source: ByteSource) throws(TraceDatError) {
        self.source = source
        var reader = FieldReader(source, from: 0, to: .max)
        header = try TraceDatHeader(&reader)
        if header.version == 6 {
            readVersion6(&reader)
        } else {
            readVersion7()
        }
        reportCutData()
    }

    /// The layout of a buffer's sub-buffers.
    ///
    /// - Throws: `TraceDatError` if the file has no usable `header_page` or the buffer's page size is out of range.
    public func layout(of buffer: TraceDatBuffer) throws(TraceDatError) -> SubBufferLayout {
        guard let text = metadata.headerPage else { throw TraceDatError(offset: 0, reason: .missing("header_page")) }
        do throws(SubBufferLayoutError) {
            return try SubBufferLayout(headerPage: text).withPageSize(Int(buffer.pageSize))
        } catch {
            throw TraceDatError(offset: 0, reason: .malformed(error.description))
        }
    }

    /// A reader of one CPU's recorded pages. Each has its own memory. Several can be used at once, one in each thread.
    ///
    /// - Throws: as `layout(of:)`.
    public func pages(of buffer: TraceDatBuffer, cpu: TraceDatCPU) throws(TraceDatError) -> TraceDatPageReader {
        TraceDatPageReader(
            source: source, layout: try layout(of: buffer), cpu: cpu,
            compression: buffer.isCompressed ? header.compression : nil)
    }

    mutating func attempt(
        _ part: TraceDatDamage.Part, _ body: (inout Self) throws(TraceDatError) -> Void
    ) -> Bool {
        do throws(TraceDatError) {
            try body(&self)
            return true
        } catch {
            damage.append(TraceDatDamage(part, error))
            return false
        }
    }

    private mutating func reportCutData() {
        for buffer in buffers {
            for cpu in buffer.cpus where cpu.size < cpu.announcedSize {
                damage.append(
                    TraceDatDamage(
                        .cpuData(buffer: buffer.name, cpu: cpu.cpu),
                        TraceDatError(
                            offset: cpu.offset, reason: .truncated(needed: cpu.announcedSize, available: cpu.size))))
            }
        }
    }
}
