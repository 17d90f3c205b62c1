import TextPatterns

/// A node's list of events as it travels (protocol/WIRE.md, "Vitals and lists"). The text came over a network: lines
/// that do not read so are passed over.
struct EventCatalogText {
    struct Event {
        var name: EventName
        /// The `field:` lines.
        var fields: ArraySlice<UInt8>
    }

    private(set) var events: [Event] = []

    init(_ text: [UInt8]) {
        let newline = UInt8(ascii: "\n")
        var start = text.startIndex
        while start < text.endIndex {
            let end = text[start...].firstIndex(of: newline) ?? text.endIndex
            let next = min(end + 1, text.endIndex)
            if text[start] == UInt8(ascii: "\t") {
                if let last = events.indices.last { events[last].fields = text[events[last].fields.startIndex..<next] }
            } else if let name = EventName(String(decoding: text[start..<end], as: UTF8.self)) {
                events.append(Event(name: name, fields: text[next..<next]))
            }
            start = next
        }
    }
}

/// One field of an event's record.
public struct ListedField: Sendable, Equatable, Codable {
    /// Type and name in C, e.g. `char prev_comm[16]`.
    public var declaration: String
    /// Bytes from the record's start.
    public var offset: Int
    /// Bytes.
    public var size: Int
    public var signed: Bool

    /// Reads `field:char prev_comm[16]; offset:8; size:16; signed:0;` with any white space between the parts.
    init?(_ line: some StringProtocol) {
        guard let field = FieldLine(Substring(line)) else { return nil }
        declaration = String(field.declaration)
        offset = field.offset
        size = field.size
        signed = field.isSigned
    }
}
