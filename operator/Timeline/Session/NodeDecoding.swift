import EventFormat
import TraceProtocol

/// What is needed to decode one node's events: its compiled formats, its symbols, the names of its tasks.
struct NodeDecoding {
    private var formats: [(system: String, text: String)] = []
    private var printkFormats: [UInt64: String] = [:]
    private var symbols: KernelSymbols?
    private var kernel = KernelDescription()
    let names: NodeTaskNames
    private(set) var host = WireHostFacts()
    private(set) var renderer: NodeRenderer
    var catalog: EventCatalog { renderer.catalog }
    /// What had to be assumed of the kernel, as lines for people.
    var assumptions: [String] = []

    /// Bytes. A kernel's /proc/kallsyms is about 10 MB, its type information about 5; more than this is refused.
    static let largestSymbols = 128 << 20

    init() {
        names = NodeTaskNames()
        renderer = NodeRenderer(EventCatalog(formats: []), tasks: names)
    }

    /// All at once, from a recording.
    init(_ catalog: EventCatalog, names: NodeTaskNames, countsInNanoseconds: Bool) {
        self.names = names
        renderer = NodeRenderer(catalog, tasks: names, countsInNanoseconds: countsInNanoseconds)
    }

    /// Adds a part of the metadata.
    ///
    /// - Throws: `CodecError`, `ProtocolError` or `TypeInformation.Failure` for symbols or types that cannot be read;
    ///   everything else is added.
    mutating func add(_ metadata: WireNodeMetadata) throws {
        names.add(metadata)
        if metadata.hasHost {
            host = metadata.host
            kernel.release = host.kernelRelease
            kernel.longSize = host.longSize == 4 ? 4 : 8
        }
        guard
            !metadata.formats.isEmpty || metadata.hasSymbols || metadata.hasTypeInformation
                || !metadata.printkFormats.isEmpty || !metadata.dynamicEvents.isEmpty
        else { return }
        formats += metadata.formats.map { ($0.system, $0.text) }
        if !metadata.dynamicEvents.isEmpty {
            kernel.dynamicEvents = (kernel.dynamicEvents ?? "") + metadata.dynamicEvents + "\n"
        }
        if !metadata.printkFormats.isEmpty { printkFormats = PrintkFormats.parse(metadata.printkFormats) }
        defer {
            renderer = NodeRenderer(
                EventCatalog(formats: formats, symbols: symbols, printkFormats: printkFormats, kernel: kernel),
                tasks: names)
        }
        if metadata.hasTypeInformation {
            kernel.functions = try metadata.typeInformation.unpacked(limit: Self.largestSymbols)
                .withUnsafeBytes { try FunctionTypes(parsing: $0) }
        }
        if metadata.hasSymbols {
            symbols = try metadata.symbols.unpacked(limit: Self.largestSymbols)
                .withUnsafeBytes { KernelSymbols(parsing: $0) }
        }
    }
}
