import EventFormat
import RingBuffer

/// Real pages in memory, packed as an agent sends them, with what decodes them: the input of the benchmarks.
///
/// Not changed after it was read, so threads can share it.
final class RecordedPages: @unchecked Sendable {
    /// Sub-buffers of one CPU back to back: an agent makes one batch of them.
    struct Region {
        let cpu: UInt32
        let bytes: UnsafeRawBufferPointer
        let count: RegionCount
    }

    /// The path of the file or session.
    let source: String
    let layout: SubBufferLayout
    let headerPage: String
    let formats: [(system: String, text: String)]
    let comms: [(pid: Int32, name: [UInt8])]
    private(set) var regions: [Region] = []
    private(set) var events = 0
    private(set) var bytes = 0

    /// About what one read of an agent returns, bytes.
    static let regionSize = 256 << 10

    init(
        source: String, headerPage: String, formats: [(system: String, text: String)],
        comms: [(pid: Int32, name: [UInt8])]
    ) throws {
        self.source = source
        self.headerPage = headerPage
        self.formats = formats
        self.comms = comms
        layout = try SubBufferLayout(headerPage: headerPage)
    }

    deinit {
        for region in regions { UnsafeMutableRawBufferPointer(mutating: region.bytes).deallocate() }
    }

    /// Appends a copy of packed pages.
    func append(_ pages: UnsafeRawBufferPointer, cpu: UInt32) {
        guard pages.count > 0 else { return }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: pages.count, alignment: 16)
        copy.copyMemory(from: pages)
        let bytes = UnsafeRawBufferPointer(copy)
        let count = SubBufferSequence(bytes, layout: layout, spacing: .packed).count()
        regions.append(Region(cpu: cpu, bytes: bytes, count: count))
        events += Int(count.events)
        self.bytes += pages.count
    }

    /// Puts the regions into the order in which a node sends them.
    func sort() {
        regions.sort { ($0.count.firstTimestamp ?? 0, $0.cpu) < ($1.count.firstTimestamp ?? 0, $1.cpu) }
    }

    var catalog: EventCatalog { EventCatalog(formats: formats) }

    var taskNames: SavedCommandLines {
        SavedCommandLines(Dictionary(comms.map { ($0.pid, $0.name) }, uniquingKeysWith: { _, last in last }))
    }
}
