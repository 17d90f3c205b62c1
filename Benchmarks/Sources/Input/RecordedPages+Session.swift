import SessionStore
import SystemPackage
import TraceProtocol

extension RecordedPages {
    /// Reads the first node of a recorded session.
    ///
    /// - Parameter limit: reading stops when this many bytes of pages are in memory.
    static func read(session path: String, limit: Int) throws -> RecordedPages {
        let directory = try SessionDirectory.open(FilePath(path))
        guard let node = directory.description.nodes.first else { throw InputError("\(path) has no node") }
        var metadata = WireNodeMetadata()
        var comms: [(pid: Int32, name: [UInt8])] = []
        var recording: RecordedPages?
        let unpacker = Unpacker()
        var reader = NodeLogReader(try directory.log(of: node))
        while recording?.bytes ?? 0 < limit, let item = try reader.next() {
            guard case .record(let record) = item else { continue }
            switch record.frame.type {
            case .metadata:
                var body = record.frame.body
                _ = try StreamNumber(reading: &body, of: .metadata)
                let part: WireNodeMetadata = try Frame(.metadata, body).message()
                metadata.formats += part.formats
                if !part.headerPage.isEmpty { metadata.headerPage = part.headerPage }
                comms += part.comms.map { (Int32(bitPattern: $0.pid), Array($0.comm)) }
            case .batch:
                let batch = try Batch(record.frame)
                let target =
                    try recording
                    ?? RecordedPages(
                        source: path, headerPage: metadata.headerPage,
                        formats: metadata.formats.map { ($0.system, $0.text) }, comms: comms)
                recording = target
                let pages = UnsafeMutableRawBufferPointer.allocate(
                    byteCount: Int(batch.header.rawLength), alignment: 16)
                defer { pages.deallocate() }
                try batch.payload.withUnsafeReadableBytes {
                    try unpacker.unpack($0, codec: batch.header.codec, into: pages)
                }
                target.append(UnsafeRawBufferPointer(pages), cpu: batch.header.cpu)
            default: break
            }
        }
        guard let recording else { throw InputError("\(path) holds no events") }
        recording.sort()
        return recording
    }
}
