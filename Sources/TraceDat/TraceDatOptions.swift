/// The options of a recording: facts that trace-cmd adds to the kernel's files.
public struct TraceDatOptions: Sendable, Equatable {
    /// Time to add to every time stamp to get the time of day, in µs.
    public internal(set) var dateOffset: Int64?
    /// Fixed time to add to every time stamp, in ns.
    public internal(set) var timestampOffset: Int64?
    /// `per_cpu/cpuN/stats` of each CPU; before those of an instance stands an entry `Buffer: NAME`.
    public internal(set) var cpuStats: [String] = []
    /// The top-level `trace_clock` file: all clocks, with the chosen one in brackets.
    public internal(set) var traceClocks: String?
    /// What uname(2) said: system, node name, release, machine.
    public internal(set) var uname: String?
    /// Pairs of events to connect (`trace-cmd record --profile`).
    public internal(set) var hooks: [String] = []
    /// CPUs of the recording machine.
    public internal(set) var cpuCount: UInt32?
    /// Version of the trace-cmd that wrote the file.
    public internal(set) var writerVersion: String?
    /// Memory maps of the traced processes.
    public internal(set) var processMaps: String?
    /// Identifier of the recording; host and guest recordings refer to each other by it.
    public internal(set) var traceID: UInt64?
    /// Clock corrections against another recording.
    public internal(set) var timeShifts: [TraceDatTimeShift] = []
    /// Guests that were recorded at the same time.
    public internal(set) var guests: [TraceDatGuest] = []
    /// How to turn TSC time stamps into ns.
    public internal(set) var tscConversion: TraceDatTSCConversion?
    /// `last_boot_info` of an instance, with its name before a colon.
    public internal(set) var lastBootInfo: String?
    /// Numbers of options that this reader does not know.
    public internal(set) var unknown: [UInt16] = []

    /// The chosen clock of `traceClocks`.
    public var selectedClock: String? {
        guard let traceClocks, let open = traceClocks.firstIndex(of: "["),
            let close = traceClocks[open...].firstIndex(of: "]")
        else { return nil }
        return String(traceClocks[traceClocks.index(after: open)..<close])
    }

    /// Takes one option in. Those that point to sections are not for here.
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

    /// What strtoll(3) with base 0 makes of decimal and 0x numbers.
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
    /// All of an option as text, without the null that ends it.
    fileprivate mutating func optionText() throws(TraceDatError) -> String {
        String(decoding: try bytes(remaining).prefix { $0 != 0 }, as: UTF8.self)
    }
}
