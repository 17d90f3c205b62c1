/// One `field:` line of `events/header_page`, as the kernel's `ring_buffer_print_page_header` writes it:
///
///     field: local_t commit;<TAB>offset:8;<TAB>size:8;<TAB>signed:1;
struct TracefsFieldLine: Equatable {
    /// The last word of the declaration, `commit` above.
    var name: Substring
    /// Bytes from the start of the sub-buffer.
    var offset: Int
    /// Bytes.
    var size: Int

    /// `nil` for a line that is not a field or whose numbers are absent or do not fit an `Int`.
    init?(_ line: Substring) {
        var name: Substring?
        var offset: Int?
        var size: Int?
        for part in line.split(separator: ";") {
            guard let colon = part.firstIndex(of: ":") else { continue }
            let key = part[..<colon].drop(while: \.isWhitespace)
            let value = part[part.index(after: colon)...].drop(while: \.isWhitespace)
            switch key {
            case "field": name = value.split(whereSeparator: \.isWhitespace).last
            case "offset": offset = Int(value)
            case "size": size = Int(value)
            default: break
            }
        }
        guard let name, let offset, let size, offset >= 0, size >= 0 else { return nil }
        self.name = name
        self.offset = offset
        self.size = size
    }
}
