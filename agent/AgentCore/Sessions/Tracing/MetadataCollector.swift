import EventFormat
import Searching
import SystemFacts
import TraceProtocol
import Tracefs

/// Reads what a reader elsewhere needs to decode a session's pages. Runs where the session is made.
struct MetadataCollector {
    let root: TracefsRoot
    let symbols: PackedSymbols

    /// The first metadata of a session: layouts, formats, names of all tasks that run now, and symbols where the
    /// events print any.
    func initial(for recording: PageRecording, facts: WireHostFacts) throws -> WireNodeMetadata {
        var metadata = WireNodeMetadata()
        metadata.host = facts
        metadata.host.traceClock = recording.clock.rawValue
        metadata.headerPage = try recording.headerPage()
        // Records of the ftrace system (markers, stacks) come without being enabled by name.
        let builtin = (try? root.ftraceEvents()) ?? []
        for event in recording.events + builtin {
            guard let text = try? root.formatText(event) else {
                if event.system == "ftrace" { continue }
                throw WireRefusal(.io, "event \(event) no longer has a format on this kernel")
            }
            var format = WireEventFormatText()
            format.system = recording.instance.shownName(of: event).system
            format.text = text
            metadata.formats.append(format)
        }
        metadata.dynamicEvents = eventProbes(of: recording)
        metadata.printkFormats = (try? root.printkFormats()) ?? ""
        metadata.commsAsOf = recording.clock.now.nanoseconds
        if !needsAllSymbols(recording, metadata.formats), let marker = symbols.marker {
            metadata.symbols = marker
        } else {
            metadata.symbols = try symbols.current().symbols
        }
        if recording.hasArguments { metadata.typeInformation = try types(of: recording.functions) }
        return metadata
    }

    /// How the arguments of functions are read.
    private func types(of functions: [String]) throws -> WireCompressedBlob {
        let all: [UInt8]
        do {
            all = try SystemFile.read(Self.typeInformation)
        } catch {
            throw WireRefusal(
                .unsupported,
                "the arguments of functions cannot be printed without the kernel's type information "
                    + "(\(Self.typeInformation), CONFIG_DEBUG_INFO_BTF): \(error)")
        }
        return try all.withUnsafeBytes { btf in
            try TypeInformation.excerpt(of: Set(functions), from: btf).withUnsafeBytes {
                try WireCompressedBlob(packing: $0)
            }
        }
    }

    private static let typeInformation = "/sys/kernel/btf/vmlinux"

    /// To which events the session's eprobes are attached, which their formats do not state.
    private func eventProbes(of recording: PageRecording) -> String {
        let events = Set(recording.events)
        return ((try? DynamicEvents(root).list()) ?? [])
            .filter { $0.kind == .eprobe && events.contains($0.event) }
            .map { probe in
                let shown = recording.instance.shownName(of: probe.event)
                return "e:\(shown.system)/\(shown.name) \(probe.location)"
            }
            .joined(separator: "\n")
    }

    /// Whether records may state any place in the kernel's code. Reading, packing and sending all of its symbols takes a
    /// tenth of a second of a CPU and two megabytes, so most sessions do without them.
    func needsAllSymbols(_ recording: PageRecording, _ formats: [WireEventFormatText]) -> Bool {
        recording.recordsCode || formats.contains { $0.system != "ftrace" && Self.printsSymbols($0.text) }
    }

    /// Whether a format's text asks for symbols: by `%pS` and similar (Documentation/core-api/printk-formats.rst), as the
    /// address of a probe (`__probe_ip` and others of kernel/trace/trace_probe.h), or as a stack.
    static func printsSymbols(_ format: String) -> Bool {
        let bytes = [UInt8](format.utf8)
        if ["__probe_", "stack"].contains(where: { bytes.firstRange(of: $0) != nil }) { return true }
        return bytes.ranges(of: "%").contains { percent in
            // Width and flags may stand between.
            let conversion = bytes[percent.upperBound...].drop { $0 < UInt8(ascii: "A") }.prefix(2)
            return conversion.first == UInt8(ascii: "p") && conversion.last.map("sSBFf".utf8.contains) == true
        }
    }
}
