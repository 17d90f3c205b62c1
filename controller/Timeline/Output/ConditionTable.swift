import EventFormat

/// A condition on events (`--where`), compiled once for each kind of event that comes.
struct ConditionTable {
    private let text: String
    private var compiled: [Key: EventPredicate?] = [:]

    private struct Key: Hashable {
        let catalog: ObjectIdentifier
        let type: Int
    }

    init(_ text: String) throws {
        self.text = text
        try EventPredicate.check(text)
    }

    /// Whether it holds. For an event that lacks a field of the condition it does not.
    mutating func holds(_ event: MergedEvent) throws -> Bool {
        let catalog = event.node.decoding.catalog
        guard let type = catalog.commonFields.type(of: event.payload) else { return false }
        let key = Key(catalog: ObjectIdentifier(catalog), type: type)
        if compiled[key] == nil {
            compiled[key] = .some(catalog.event(id: type).flatMap { try? EventPredicate(text, for: $0.format) })
        }
        guard let predicate = compiled[key] ?? nil else { return false }
        let pid = catalog.commonFields.pid(of: event.payload) ?? 0
        return predicate.matches(event.payload, cpu: Int(event.cpu), comm: event.node.decoding.names.text(of: pid))
    }
}
