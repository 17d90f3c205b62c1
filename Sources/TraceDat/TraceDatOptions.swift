/// The options of a recording: what trace-cmd adds to the kernel's files.
public struct TraceDatOptions: Sendable, Equatable {
    /// Time to add to every time stamp to get the time of day, in µs.
    public var dateOffset: Int64?
    /// Fixed time to add to every time stamp, in ns.
    public var timestampOffset: Int64?
    /// `per_cpu/cpuN/stats` of each CPU. An entry `Buffer: NAME` precedes those of an instance.
    public var cpuStats: [String] = []
    /// The top-level `trace_clock` file: all clocks, with the chosen one in brackets.
    public var traceClocks: String?
    /// What uname(2) said: system, node name, release, machine.
    public var uname: String?
    /// Pairs of events to connect (`trace-cmd record --profile`).
    public var hooks: [String] = []
    /// CPUs of the recording machine.
    public var cpuCount: UInt32?
    /// Version of the trace-cmd that wrote the file.
    public var writerVersion: String?
    /// Memory maps of the traced processes.
    public var processMaps: String?
    /// Identifier of the recording, by which host and guest recordings refer to each other.
    public var traceID: UInt64?
    /// Clock corrections against another recording.
    public var timeShifts: [TraceDatTimeShift] = []
    /// Guests that were recorded at the same time.
    public var guests: [TraceDatGuest] = []
    /// How to convert TSC time stamps to ns.
    public var tscConversion: TraceDatTSCConversion?
    /// `last_boot_info` of an instance, preceded by the instance's name and a colon.
    public var lastBootInfo: String?
    /// Ids of options that this reader does not know.
    public var unknown: [UInt16] = []

    /// No options.
    public init() {}

    /// The chosen clock of `traceClocks`.
    public var selectedClock: String? {
        guard let traceClocks, let open = traceClocks.firstIndex(of: "["),
            let close = traceClocks[open...].firstIndex(of: "]")
        else { return nil }
        return String(traceClocks[traceClocks.index(after: open)..<close])
    }

    /// Reads one option. Options that point to sections are handled elsewhere.
    mutating func add(id: UInt16, _ reader: inout FieldReader) throws(TraceDatError) {
        switch id {
        case 1: dateOffset = Self.number(try reader.optionText())
        case 2: cpuStats.append(try reader.optionText())
        case 4: traceClocks = try reader.optionText()
        case 5: uname = try reader.optionText()
        case 6: hooks.append(try reader.optionText())
        case 7: timestampOffset = Self.number(try reader.optionText())
        case 8: cpuCount = try reader.integer()
        case 9: writerVersion = try reader.optionText()
        case 10: processMaps = try reader.optionText()
        case 11: traceID = try reader.integer()
        case 12: timeShifts.append(try TraceDatTimeShift(&reader))
        case 13: guests.append(try TraceDatGuest(&reader))
        case 14: tscConversion = try TraceDatTSCConversion(&reader)
        case 24: lastBootInfo = try reader.optionText()
        default: unknown.append(id)
        }
    }

    /// Parses decimal and 0x numbers as strtoll(3) with base 0 does.
    static func number(_ text: String) -> Int64? {
        var digits = text.drop(while: \.isWhitespace)
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        let isHexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X")
        if isHexadecimal { digits = digits.dropFirst(2) }
        digits = digits.prefix { isHexadecimal ? $0.isHexDigit : $0.isWholeNumber }
        return Int64((isNegative ? "-" : "") + digits, radix: isHexadecimal ? 16 : 10)
    }
}

extension FieldReader {
    /// A whole option as text, without the terminating null.
    fileprivate mutating func optionText() throws(TraceDatError) -> String {
        String(decoding: try bytes(remaining).prefix { $0 != 0 }, as: UTF8.self)
    }
}
