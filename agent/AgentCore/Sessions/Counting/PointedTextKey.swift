import EventFormat
import TraceProtocol

/// A key that is the text at an address in the record: `filename.ustring` in the memory of the program,
/// `name.string` in the kernel's. Only programs of eBPF read it, at the event.
struct PointedTextKey {
    private let name: String
    let isOfProgram: Bool

    /// Nil for any other key.
    init?(_ key: String) {
        let suffixes = [(".ustring", true), (".string", false)]
        guard let (suffix, isOfProgram) = suffixes.first(where: { key.hasSuffix($0.0) }), key.count > suffix.count
        else { return nil }
        name = String(key.dropLast(suffix.count))
        self.isOfProgram = isOfProgram
    }

    /// The field that holds the address.
    func field(in format: EventFormat) throws(WireRefusal) -> NumberField {
        let field = try format.existingField(name)
        guard let number = NumberField(field), number.size == 8 else {
            throw WireRefusal(
                .unknownField,
                "field \"\(field.name)\" of \(format.fullName) is no address (\(field.type)): no text is read there")
        }
        return number
    }
}

extension WirePrepare {
    /// Why nothing but eBPF can count it; nil if other ways might.
    var onlyPrograms: String? {
        events.contains(where: RawTracepoint.isRaw) ? "only eBPF counts raw tracepoints" : count.onlyPrograms
    }
}

extension WireCountRequest {
    /// Why nothing but eBPF can count it; nil if other ways might.
    var onlyPrograms: String? {
        if hasStacks || isSampled { return "only eBPF counts by stack, and samples" }
        guard let key = keys.first(where: { PointedTextKey($0) != nil }) else { return nil }
        return "records have the address of a text: only eBPF counts by \(key)"
    }
}
