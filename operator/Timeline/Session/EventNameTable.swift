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
                names += format.system.utf8
                names.append(UInt8(ascii: ":"))
                names += format.name.utf8
            }
            (ends + id).initialize(to: UInt32(clamping: names.count))
        }
        bytes = .allocate(capacity: max(1, names.count))
        bytes.initialize(from: names, count: names.count)
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
