import EventFormat

/// `system:name` of every event of a node, by its number, as bytes that lie one after the other.
final class EventNameTable {
    private let bytes: UnsafeMutablePointer<UInt8>
    /// Where the name of each number ends; it begins where the one before ends.
    private let ends: UnsafeMutablePointer<UInt32>
    private let count: Int

    init(_ catalog: EventCatalog) {
        // Event numbers have 16 bits (common_type).
        count = min(1 << 16, (catalog.events.keys.max() ?? -1) + 1)
        ends = .allocate(capacity: max(1, count))
        var names: [UInt8] = []
        for id in 0..<count {
            if let format = catalog.event(id: id)?.format {
                names += Self.shown(format.system)
                names.append(UInt8(ascii: ":"))
                names += Self.shown(format.name)
            }
            (ends + id).initialize(to: UInt32(clamping: names.count))
        }
        bytes = .allocate(capacity: max(1, names.count))
        bytes.initialize(from: names, count: names.count)
    }

    /// A format file is a node's text. The kernel's names are C identifiers and `-`; every other byte becomes `?`, so that
    /// a name can stand in a line and inside quotes of JSON as it is.
    private static func shown(_ name: String) -> [UInt8] {
        name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                byte
            default: UInt8(ascii: "?")
            }
        }
    }

    deinit {
        bytes.deallocate()
        ends.deallocate()
    }

    /// Appends the name; `unknown` for a number without a format.
    func append(_ type: Int?, to out: inout TextBuffer) {
        guard let type, type >= 0, type < count else { return out.append("unknown") }
        let start = type == 0 ? 0 : Int(ends[type - 1])
        let length = Int(ends[type]) - start
        guard length > 0 else { return out.append("unknown") }
        out.append(bytes + start, count: length)
    }
}
