/// One `field:` line of tracefs, in an event's `format` file or in `events/header_page`:
///
///     field:unsigned long args[6];<TAB>offset:16;<TAB>size:48;<TAB>signed:0;
///
/// The kernel writes it in `f_show` (kernel/trace/trace_events.c) and in `ring_buffer_print_page_header`
/// (kernel/trace/ring_buffer.c).
public struct FieldLine: Sendable, Equatable {
    /// Type and name in C, e.g. `unsigned long args[6]`.
    public let declaration: Substring
    /// Bytes from the start of the record or sub-buffer. Never negative.
    public let offset: Int
    /// Bytes. Never negative.
    public let size: Int
    /// False also where the line does not say it, as before Linux 2.6.33.
    public let isSigned: Bool

    /// Reads a line with any white space between its parts. Returns nil for a line that is not a field, or whose offset
    /// or size is absent, negative or does not fit an `Int`.
    public init?(_ line: Substring) {
        var declaration: Substring?
        var offset: Int?
        var size: Int?
        var isSigned = false
        // On bytes: a kernel has some ten thousand of these lines.
        for part in line.utf8.split(separator: UInt8(ascii: ";")) {
            let part = part.drop(while: Self.isSpace)
            guard let colon = part.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let key = part[..<colon]
            let value = Substring(part[part.index(after: colon)...].drop(while: Self.isSpace))
            if key.elementsEqual("field".utf8) || key.elementsEqual("field special".utf8) {
                declaration = value
            } else if declaration == nil {
                return nil
            } else if key.elementsEqual("offset".utf8) {
                offset = Int(value)
            } else if key.elementsEqual("size".utf8) {
                size = Int(value)
            } else if key.elementsEqual("signed".utf8) {
                isSigned = value == "1"
            }
        }
        guard let declaration, let offset, let size, offset >= 0, size >= 0 else { return nil }
        (self.declaration, self.offset, self.size, self.isSigned) = (declaration, offset, size, isSigned)
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
