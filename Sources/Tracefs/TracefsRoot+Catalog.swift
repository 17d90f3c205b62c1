import TextPatterns

/// The list of a kernel's events with their fields, as one text. If it is the same on two nodes, so is the layout of
/// their records.
extension TracefsRoot {
    /// Dynamic events in a group with this prefix belong to Fleetrace's sessions, and so do synthetic events whose name
    /// has it, since those are all in one group. They are temporary, so no catalog contains them.
    public static let ownGroupPrefix = "fleetrace_"
    /// The group of all synthetic events (SYNTH_SYSTEM of kernel/trace/trace_synth.h).
    public static let syntheticGroup = "synthetic"

    private static func isOwn(_ event: EventName) -> Bool {
        (event.system == syntheticGroup ? event.name : event.system).hasPrefix(ownGroupPrefix)
    }

    /// For each event, by system and then name: a line `system:name`, followed by the `field:` lines of its format file
    /// without the common fields.
    ///
    /// It does not contain the event's id, which depends on the order in which modules were loaded, and not the print
    /// format. An event that is removed meanwhile is left out.
    public func catalogText() throws(TracefsError) -> [UInt8] {
        var text: [UInt8] = []
        for event in try events() where !Self.isOwn(event) {
            guard let format = try? ControlFile.read(file("events/\(event.system)/\(event.name)/format")) else {
                continue
            }
            text += Array(event.description.utf8)
            text.append(UInt8(ascii: "\n"))
            Self.appendFields(of: format, to: &text)
        }
        return text
    }

    /// Appends the second paragraph of the field list. The first has the common fields (f_show in
    /// kernel/trace/trace_events.c).
    static func appendFields(of format: [UInt8], to text: inout [UInt8]) {
        let newline = UInt8(ascii: "\n")
        var isBehindCommon = false
        for line in format.split(separator: newline, omittingEmptySubsequences: false) {
            if line.isEmpty {
                if isBehindCommon { return }
                isBehindCommon = true
            } else if isBehindCommon, line.starts(with: "\tfield:".utf8) {
                text += line
                text.append(newline)
            }
        }
    }

    /// A text that changes when events are added or removed: the names of the loaded modules and the dynamic events.
    /// Unlike the catalog it is cheap to read.
    public func catalogCauses() -> [UInt8] {
        var causes: [UInt8] = []
        let newline = UInt8(ascii: "\n")
        // This file only exists with loadable modules, and dynamic_events since Linux 4.20.
        for line in ((try? ControlFile.read("/proc/modules")) ?? []).split(separator: newline) {
            causes += line.prefix { $0 != UInt8(ascii: " ") }
            causes.append(newline)
        }
        for name in ["dynamic_events", "kprobe_events", "uprobe_events"] {
            guard let lines = try? ControlFile.read(file(name)) else { continue }
            for line in lines.split(separator: newline) where !Self.isOwn(line) {
                causes += line
                causes.append(newline)
            }
            if name == "dynamic_events" { break }
        }
        return causes
    }

    /// Whether a line of `dynamic_events` (`p:GROUP/NAME ...` or `s:synthetic/NAME ...`) belongs to Fleetrace.
    private static func isOwn(_ line: ArraySlice<UInt8>) -> Bool {
        DynamicEvent(line: String(decoding: line, as: UTF8.self)).map { isOwn($0.event) } ?? false
    }
}
