import TextPatterns

/// A node's list of events as it is sent (protocol/WIRE.md, "Vitals and lists"). The text is untrusted: lines of
/// another form are skipped.
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
