import NIOCore
import TraceDat
import TraceProtocol

/// What a node's metadata frames say about its kernel, as the tracefs files that trace.dat files hold.
struct NodeFacts {
    private(set) var host = WireHostFacts()
    private var headerPage: String?
    private var ftraceFormats: [EventFormatText] = []
    private var eventFormats: [EventFormatText] = []
    private var printkFormats = ""
    private var symbols: [UInt8] = []
    private var types: [UInt8] = []
    /// The last name known of each task.
    private var names: [UInt32: [UInt8]] = [:]

    /// Adds a part of the metadata.
    ///
    /// - Throws: `CodecError` or `ProtocolError` for symbols or types that cannot be unpacked; everything else is added.
    mutating func add(_ metadata: WireNodeMetadata) throws {
        if metadata.hasHost { host = metadata.host }
        if !metadata.headerPage.isEmpty { headerPage = metadata.headerPage }
        for format in metadata.formats {
            let text = EventFormatText(system: format.system, text: format.text)
            if format.system == "ftrace" { ftraceFormats.append(text) } else { eventFormats.append(text) }
        }
        if !metadata.printkFormats.isEmpty { printkFormats = metadata.printkFormats }
        for name in metadata.comms { names[name.pid] = [UInt8](name.comm) }
        if metadata.hasTypeInformation {
            types = try metadata.typeInformation.unpacked(limit: NodeDecoding.largestSymbols)
        }
        if metadata.hasSymbols { symbols = try metadata.symbols.unpacked(limit: NodeDecoding.largestSymbols) }
    }

    /// The trace clock of the time stamps.
    var clock: String { host.traceClock.isEmpty ? "mono_raw" : host.traceClock }

    var files: TraceDatMetadata {
        var files = TraceDatMetadata()
        files.headerPage = headerPage
        files.headerEvent = Self.headerEvent
        files.ftraceFormats = ftraceFormats
        files.eventFormats = eventFormats
        files.kallsyms = symbols
        files.typeInformation = types
        files.printkFormats = Array(printkFormats.utf8)
        files.commandLines = commandLines
        return files
    }

    /// As `saved_cmdlines` has them. A process may choose a name with a newline, which would end the line.
    private var commandLines: [UInt8] {
        names.sorted { $0.key < $1.key }.flatMap { pid, name in
            Array("\(Int32(bitPattern: pid)) ".utf8) + name.map { $0 == 0 || $0 == 10 ? UInt8(ascii: "?") : $0 } + [10]
        }
    }

    /// `events/header_event` (`ring_buffer_print_entry_header` of kernel/trace/ring_buffer.c), which is the same on
    /// every kernel whose pages can be in a session: agents do not send it.
    private static let headerEvent = """
        # compressed entry header
        \ttype_len    :    5 bits
        \ttime_delta  :   27 bits
        \tarray       :   32 bits

        \tpadding     : type == 29
        \ttime_extend : type == 30
        \ttime_stamp : type == 31
        \tdata max type_len  == 28

        """
}
