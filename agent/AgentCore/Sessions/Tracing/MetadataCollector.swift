import SystemFacts
import TraceProtocol
import Tracefs

/// Reads what a reader elsewhere needs to decode a session's pages. Runs on the control thread.
struct MetadataCollector {
    let root: TracefsRoot

    /// The first metadata of a session: layouts, formats, names of all tasks that run now, and symbols where the
    /// events print any.
    func initial(for session: TracingSession, facts: WireHostFacts) throws -> WireNodeMetadata {
        var metadata = WireNodeMetadata()
        metadata.host = facts
        metadata.headerPage = try session.headerPage()
        // Records of the ftrace system (markers, stacks) come without being enabled by name.
        let builtin = (try? root.ftraceEvents()) ?? []
        for event in session.events + builtin {
            guard let text = try? root.formatText(event) else {
                if event.system == "ftrace" { continue }
                throw WireRefusal(.io, "event \(event) has no format on this kernel any more")
            }
            var format = WireEventFormatText()
            format.system = session.shownName(of: event).system
            format.text = text
            metadata.formats.append(format)
        }
        metadata.printkFormats = (try? root.printkFormats()) ?? ""
        metadata.commsAsOf = Int64(MonotonicRawClock.now())
        if metadata.formats.contains(where: { Self.printsSymbols($0.text) }) {
            metadata.symbols = try Self.symbols()
        }
        return metadata
    }

    /// Whether a format's text asks for symbols (`%pS` and kin, Documentation/core-api/printk-formats.rst). The
    /// built-in stack formats do not say so; their symbols are needed only with a stack trace trigger or option.
    static func printsSymbols(_ format: String) -> Bool {
        ["%pS", "%ps", "%pB", "%pF", "%pf"].contains { format.contains($0) }
    }

    /// /proc/kallsyms, packed. Megabytes of text: zlib's level 1 makes a quarter of it.
    static func symbols() throws -> WireCompressedBlob {
        let text = try TracefsRoot.kallsyms()
        return try text.withUnsafeBytes { try WireCompressedBlob(packing: $0) }
    }
}
