import Probes
import TextPatterns
import TraceProtocol
import Tracefs

extension WirePlantedProbe {
    /// - Parameters:
    ///   - lines: the probe's lines in the kernel's list.
    ///   - format: the text of its event's format file.
    ///   - kprobes: the kernel's list of its kprobes; nil where it cannot be read.
    init(_ probe: Probe, _ lines: [DynamicEvent], format: String, _ kprobes: KprobeState?) {
        self.init()
        if let first = probe.events.first { event = WireEventName(probe.shown(first)) }
        definition = lines.map { $0.shown(as: probe.shown($0.event), address: probe.address) }.joined(separator: "\n")
        planted = lines.first.map { Self.planting($0, address: probe.address, kprobes) } ?? ""
        fields = format.split(separator: "\n").compactMap { WireProbeField(formatLine: $0) }
        notes = probe.notes
        if kprobes?.isEnabled == false {
            notes.append("all kprobes are switched off on this node (kprobes/enabled of debugfs): it will not fire")
        }
    }

    /// How a probe gets control, by the kernel's own names.
    ///
    /// - Parameter address: where the probe is known to be; nil for the location in the kernel's line.
    static func planting(_ event: DynamicEvent, address: UInt64? = nil, _ kprobes: KprobeState?) -> String {
        switch event.kind {
        case .kprobe, .kretprobe:
            (address.map { KprobeLocation(address: $0) } ?? KprobeLocation(event.location)).flatMap {
                kprobes?.planting(at: $0)
            }?
            .rawValue ?? ""
        case .uprobe, .uretprobe: "uprobe"
        case .fprobe: "fprobe"
        case .tracepoint: "tracepoint"
        case .eprobe, .synthetic: "event"
        }
    }
}

extension DynamicEvent {
    /// The definition under another name.
    ///
    /// - Parameter address: replaces the location; some kernels list a hash of it instead (`%p` in trace_kprobe_show).
    func shown(as name: EventName, address: UInt64?) -> String {
        var text = definition
        if let address {
            text = text.replacing(" \(location)", with: " 0x" + String(address, radix: 16), maxReplacements: 1)
        }
        return text.replacing("\(event.system)/\(event.name)", with: "\(name.system)/\(name.name)", maxReplacements: 1)
    }
}

extension WireProbeField {
    /// From a line `field:u64 size;    offset:16;      size:8; signed:0;` of a format file; nil for others and for the
    /// common fields.
    init?(formatLine line: some StringProtocol) {
        guard let field = FieldLine(Substring(line)), let offset = UInt32(exactly: field.offset),
            let size = UInt32(exactly: field.size),
            !field.declaration.split(separator: " ").contains(where: { $0.hasPrefix("common_") })
        else { return nil }
        self.init()
        self.declaration = String(field.declaration)
        self.offset = offset
        self.size = size
    }
}

extension WireEventName {
    init(_ event: EventName) {
        self.init()
        system = event.system
        name = event.name
    }
}
