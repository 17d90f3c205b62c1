/// What one `events/SYSTEM/EVENT/format` file says: the layout of an event's records and how the kernel prints them.
public struct EventFormat: Sendable, Equatable {
    /// The longest text that is accepted, in bytes. The longest of Linux 6.18 has 21 KiB.
    public static let maximumTextLength = 1 << 20
    /// The most fields that are accepted.
    public static let maximumFields = 1024
    /// No record is longer: the largest sub-buffer is 64 KiB.
    static let maximumRecord = 1 << 16

    /// The event's name, e.g. `sched_switch`.
    public let name: String
    /// The system (subsystem or group) it belongs to, e.g. `sched`.
    public let system: String
    /// The number in `common_type` of its records.
    public let id: Int
    /// The fields that every event of this kernel starts with.
    public let commonFields: [EventField]
    /// The event's own fields.
    public let fields: [EventField]
    /// The text behind `print fmt:`.
    public let printFormat: String

    /// - Parameters:
    ///   - text: the contents of the format file.
    ///   - system: the folder that it lies in.
    /// - Throws: `EventFormatError` for a text that no kernel writes.
    public init(parsing text: some StringProtocol, system: String) throws(EventFormatError) {
        var parser = EventFormatParser()
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

    /// The field of that name, common ones included.
    public func field(_ name: String) -> EventField? {
        fields.first { $0.name == name } ?? commonFields.first { $0.name == name }
    }

    /// `system:name`, as tracefs and perf write it.
    public var fullName: String { "\(system):\(name)" }
}
