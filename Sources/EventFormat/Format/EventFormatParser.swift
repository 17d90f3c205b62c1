import TextPatterns

/// Reads the lines of a format file.
struct EventFormatParser {
    var name: String?
    var id: Int?
    var commonFields: [EventField] = []
    var fields: [EventField] = []
    var printFormat: String?

    private let types: TypeTable
    private var blocks = 0

    /// - Parameter longSize: bytes of a `long` on the machine that wrote the format.
    init(longSize: Int) { types = TypeTable(longSize: longSize) }

    mutating func parse(_ text: some StringProtocol) throws(EventFormatError) {
        let length = text.utf8.count
        guard length <= EventFormat.maximumTextLength else { throw .tooLong(length) }
        var number = 0
        // The print format is last and can contain newlines.
        var rest = Substring(text)
        while !rest.isEmpty {
            number += 1
            let end = rest.utf8.firstIndex(of: 10) ?? rest.endIndex
            let line = rest[..<end]
            if line.hasPrefix("print fmt: ") {
                printFormat = Self.trimmed(rest.dropFirst("print fmt: ".count))
                return
            }
            rest = end == rest.endIndex ? "" : rest[rest.utf8.index(after: end)...]
            try parse(line: line, number: number)
        }
    }

    private mutating func parse(line: Substring, number: Int) throws(EventFormatError) {
        if line.hasPrefix("name: ") {
            name = Self.trimmed(line.dropFirst(6))
        } else if line.hasPrefix("ID: ") {
            guard let value = Int(Self.trimmed(line.dropFirst(4))), (0...0xffff).contains(value) else {
                throw .malformed(line: number, "'\(line)' is not an event id")
            }
            id = value
        } else if line.hasPrefix("\tfield") {
            guard fields.count + commonFields.count < EventFormat.maximumFields else {
                throw .malformed(line: number, "more than \(EventFormat.maximumFields) fields")
            }
            let field = try field(line, number: number)
            // An empty line follows the common fields, and their names have a prefix.
            if blocks <= 1, fields.isEmpty, field.name.hasPrefix("common_") {
                commonFields.append(field)
            } else {
                fields.append(field)
            }
        } else if line.isEmpty || line == "format:" {
            blocks += line.isEmpty ? 1 : 0
        } else {
            throw .malformed(line: number, "'\(line.prefix(40))' is none of name, ID, format, field and print fmt")
        }
    }

    private func field(_ text: Substring, number: Int) throws(EventFormatError) -> EventField {
        guard let line = FieldLine(text) else {
            throw .malformed(line: number, "a field needs its declaration, offset and size")
        }
        let range = 0...EventFormat.maximumRecord
        guard range.contains(line.offset), range.contains(line.size),
            line.offset + line.size <= EventFormat.maximumRecord
        else { throw .fieldOutOfRange(String(line.declaration.prefix(80))) }
        return EventField(line, types: types)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let last = text.utf8.last, last == 10 || last == 13 || last == 32 { text = text.dropLast() }
        while text.utf8.first == 32 { text = text.dropFirst() }
        return String(text)
    }
}
