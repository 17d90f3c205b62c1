/// What `--causal SEND:KEY=RECEIVE:KEY` states: an event that is recorded before a message is sent, one that is recorded
/// after it was received, and the fields that have equal values in both.
public struct CausalRule: Sendable, Hashable {
    struct Side: Sendable, Hashable {
        /// `system:event`, or an event's name alone.
        let event: String
        /// One field or several.
        let fields: [String]
    }

    let send: Side
    let receive: Side

    /// More fields than any message needs to be told apart.
    private static let mostFields = 8

    /// - Throws: what is wrong with the text, for people.
    public init(parsing text: String) throws(ReportError) {
        let sides = text.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2 else {
            throw ReportError("\"\(text)\" is not SEND:KEY=RECEIVE:KEY, as in rpc:send:id=rpc:receive:id")
        }
        send = try Self.side(sides[0], of: text)
        receive = try Self.side(sides[1], of: text)
        guard send.fields.count == receive.fields.count else {
            throw ReportError("\"\(text)\" compares \(send.fields.count) fields with \(receive.fields.count)")
        }
        guard send != receive else {
            throw ReportError("\"\(text)\" has one event on both sides: which of two is the send is not known")
        }
    }

    private static func side(_ part: Substring, of text: String) throws(ReportError) -> Side {
        guard let colon = part.lastIndex(of: ":") else {
            throw ReportError("\"\(part)\" of \"\(text)\" names no field: write SYSTEM:EVENT:FIELD")
        }
        let event = part[..<colon].trimmed
        let fields = part[part.index(after: colon)...].split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.trimmed) }
        guard !event.isEmpty, fields.allSatisfy({ !$0.isEmpty }), fields.count <= mostFields else {
            throw ReportError(
                "\"\(part)\" of \"\(text)\" is not SYSTEM:EVENT:FIELD, or with more fields SYSTEM:EVENT:FIELD,FIELD")
        }
        return Side(event: String(event), fields: fields)
    }
}

extension Substring {
    fileprivate var trimmed: Substring {
        var rest = self
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return rest
    }
}
