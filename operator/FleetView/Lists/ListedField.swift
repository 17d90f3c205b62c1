import TextPatterns

/// One field of an event's record, from a list of events.
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
