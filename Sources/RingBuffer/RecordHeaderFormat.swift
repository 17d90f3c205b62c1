/// The bit layout of a record header, tracefs `events/header_event`.
///
/// The kernel has never changed it, and `RecordCursor` has it built in. The text is read to check that a recording
/// comes from a kernel with this format.
public enum RecordHeaderFormat {
    /// What `ring_buffer_print_entry_header` (kernel/trace/ring_buffer.c) prints. Kernels without absolute time stamps
    /// have no line `time_stamp`.
    private static let expected: [(name: String, value: Int, required: Bool)] = [
        ("type_len", 5, true), ("time_delta", 27, true), ("array", 32, true),
        ("padding", 29, true), ("time_extend", 30, true), ("time_stamp", 31, false),
        ("data max type_len", 28, true),
    ]

    /// Compares the text with the built-in format.
    ///
    /// - Throws: `RecordHeaderFormatError` naming the first line that is absent or differs.
    public static func check(headerEvent text: String) throws(RecordHeaderFormatError) {
        var found: [String: Int] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let separator = line.contains("==") ? "==" : ":"
            guard let range = line.firstRange(of: separator) else { continue }
            let digits = line[range.upperBound...].drop(while: \.isWhitespace).prefix(while: \.isNumber)
            var name = line[..<range.lowerBound]
            if let colon = name.firstIndex(of: ":") { name = name[..<colon] }
            let words = name.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            if let value = Int(digits) { found[words] = value }
        }
        for entry in expected {
            guard let value = found[entry.name] else {
                if entry.required { throw .missing(entry.name) }
                continue
            }
            guard value == entry.value else {
                throw .differs(entry.name, found: value, expected: entry.value)
            }
        }
    }
}

/// Why this reader does not know the format of a kernel's record headers.
public enum RecordHeaderFormatError: Error, Equatable, CustomStringConvertible {
    /// `header_event` does not state this value.
    case missing(String)
    /// `header_event` states a value that differs from every known kernel.
    case differs(String, found: Int, expected: Int)

    /// One line for the person who reads the log.
    public var description: String {
        switch self {
        case .missing(let name): "header_event does not state \"\(name)\""
        case .differs(let name, let found, let expected):
            "header_event states \"\(name)\" as \(found); only \(expected) is supported"
        }
    }
}
