/// A format file of tracefs and the system to whose directory it belongs.
public struct EventFormatText: Sendable, Equatable {
    /// `sched`, `ftrace`, ...
    public var system: String
    /// Content of `events/SYSTEM/EVENT/format`.
    public var text: String

    /// A format file's content.
    public init(system: String, text: String) {
        self.system = system
        self.text = text
    }
}

/// What a recording says about its kernel: copies of files of tracefs and /proc.
public struct TraceDatMetadata: Sendable, Equatable {
    /// `events/header_page`: layout of a sub-buffer.
    public var headerPage: String?
    /// `events/header_event`: layout of a record header.
    public var headerEvent: String?
    /// Formats of the `ftrace` system, whose events cannot be enabled one by one.
    public var ftraceFormats: [EventFormatText] = []
    /// Formats of all other systems.
    public var eventFormats: [EventFormatText] = []
    /// /proc/kallsyms, as bytes because it has a few MB.
    public var kallsyms: [UInt8] = []
    /// `printk_formats`: addresses and strings of `trace_printk`.
    public var printkFormats: [UInt8] = []
    /// `saved_cmdlines`: a line `PID COMM` for each task. Names can have any bytes.
    public var commandLines: [UInt8] = []

    /// The kernel's type information (`/sys/kernel/btf/vmlinux`), where the file has it.
    public var typeInformation: [UInt8] = []

    /// Nothing known.
    public init() {}

    mutating func readHeaderInfo(_ reader: inout FieldReader) throws(TraceDatError) {
        try reader.expect("header_page")
        headerPage = try reader.text(reader.integer())
        try reader.expect("header_event")
        headerEvent = try reader.text(reader.integer())
    }

    mutating func readFtraceFormats(_ reader: inout FieldReader) throws(TraceDatError) {
        for _ in 0..<(try reader.count(limit: MetadataLimit.formats)) {
            ftraceFormats.append(EventFormatText(system: "ftrace", text: try reader.text(reader.integer())))
        }
    }

    mutating func readEventFormats(_ reader: inout FieldReader) throws(TraceDatError) {
        for _ in 0..<(try reader.count(limit: MetadataLimit.formats)) {
            let system = try reader.string()
            let count = try reader.count(limit: MetadataLimit.formats - UInt32(eventFormats.count))
            for _ in 0..<count {
                eventFormats.append(EventFormatText(system: system, text: try reader.text(reader.integer())))
            }
        }
    }

    mutating func readKallsyms(_ reader: inout FieldReader) throws(TraceDatError) {
        kallsyms = try reader.bytes(UInt64(reader.integer(UInt32.self)))
    }

    mutating func readPrintkFormats(_ reader: inout FieldReader) throws(TraceDatError) {
        printkFormats = try reader.bytes(UInt64(reader.integer(UInt32.self)))
    }

    mutating func readCommandLines(_ reader: inout FieldReader) throws(TraceDatError) {
        commandLines = try reader.bytes(reader.integer())
    }

    /// The kernel's file, with its length before it or without.
    mutating func readTypeInformation(_ reader: inout FieldReader) throws(TraceDatError) {
        let body = try reader.bytes(reader.remaining)
        // The magic number of BTF, little-endian.
        let start = [0, 4, 8].first { $0 + 2 <= body.count && body[$0] == 0x9f && body[$0 + 1] == 0xeb }
        guard let start else { throw reader.error(.malformed("type information that is not BTF")) }
        typeInformation = Array(body[start...])
    }
}
