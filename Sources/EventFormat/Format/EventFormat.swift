/// The contents of a file `events/SYSTEM/EVENT/format`: the layout of an event's records and how the kernel prints
/// them.
public struct EventFormat: Sendable, Equatable {
    /// The longest text accepted, in bytes. The longest in Linux 6.18 has 21 KiB.
    public static let maximumTextLength = 1 << 20
    /// The most fields accepted.
    public static let maximumFields = 1024
    /// The longest record, in bytes: the largest sub-buffer has 64 KiB.
    static let maximumRecord = 1 << 16

    /// The event's name, e.g. `sched_switch`.
    public let name: String
    /// The system (subsystem or group) it belongs to, e.g. `sched`.
    public let system: String
    /// The id, which is in `common_type` of the event's records.
    public let id: Int
    /// The fields with which every event of this kernel starts.
    public let commonFields: [EventField]
    /// The event's own fields.
    public let fields: [EventField]
    /// The text after `print fmt:`.
    public let printFormat: String

    /// - Parameters:
    ///   - text: the contents of the format file.
    ///   - system: the name of the system's directory.
    ///   - longSize: bytes of a `long` on the machine that wrote it, 4 or 8.
    /// - Throws: `EventFormatError` for a text that no kernel writes.
    public init(
        parsing text: some StringProtocol, system: String, longSize: Int = 8
    ) throws(EventFormatError) {
        var parser = EventFormatParser(longSize: longSize)
        try parser.parse(text)
        guard let name = parser.name else { throw .missing("name") }
        guard let id = parser.id else { throw .missing("ID") }
        self.name = name
        self.id = id
        self.system = system
        commonFields = parser.commonFields
        fields = parser.fields
        printFormat = parser.printFormat ?? ""
    }

    /// The field with this name, which may be a common field.
    public func field(_ name: String) -> EventField? {
        fields.first { $0.name == name } ?? commonFields.first { $0.name == name }
    }

    /// Whether it is an event of an eprobe (kernel/trace/trace_eprobe.c): its print format has only its fields, each with
    /// a blank before it, and its record nothing of where the probe sits.
    public var isEventProbe: Bool {
        guard !fields.isEmpty, printFormat.hasPrefix("\" \(fields[0].name)="),
            !fields[0].name.hasPrefix("__probe_")
        else { return false }
        return fields.allSatisfy { printFormat.contains(" \($0.name)=") }
    }

    /// Whether a probe fetches its texts, which may be unreadable.
    public var isProbe: Bool {
        fields.first.map { $0.name == "__probe_ip" || $0.name == "__probe_func" } ?? false || isEventProbe
    }

    /// `system:name`, as in tracefs and perf.
    public var fullName: String { "\(system):\(name)" }
}
