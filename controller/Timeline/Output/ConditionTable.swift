import EventFormat

/// A condition on events (`--where`), compiled once for each kind of event that comes.
///
/// For an event that lacks a field of the condition it does not hold. When that is so of every kind that came, the
/// condition is a mistake, and `mistake` says which.
struct ConditionTable {
    private let text: String
    /// By catalog; each is kept alive, so that its identity stays its own.
    private var compiled: [ObjectIdentifier: PerCatalog] = [:]
    private var firstError: EventPredicateError?
    private var hasCompiled = false

    private struct PerCatalog {
        let catalog: EventCatalog
        var predicates: [Int: EventPredicate?] = [:]
    }

    init(_ text: String) {
        self.text = text
    }

    /// Why the condition fits no kind of event that came; nil when it fits one, or none came.
    var mistake: String? {
        guard !hasCompiled, let firstError else { return nil }
        return "--where: \(firstError)"
    }

    mutating func holds(_ event: MergedEvent) -> Bool {
        let catalog = event.node.decoding.catalog
        guard let type = catalog.commonFields.type(of: event.payload) else { return false }
        let id = ObjectIdentifier(catalog)
        let predicate: EventPredicate?
        if let known = compiled[id]?.predicates[type] {
            predicate = known
        } else {
            predicate = compile(type, catalog)
            compiled[id, default: PerCatalog(catalog: catalog)].predicates[type] = .some(predicate)
        }
        guard let predicate else { return false }
        var task = TextBuffer(capacity: 32)
        event.node.decoding.names.append(catalog.commonFields.pid(of: event.payload) ?? 0, to: &task)
        return predicate.matches(event.payload, cpu: Int(event.cpu), task: task.bytes)
    }

    private mutating func compile(_ type: Int, _ catalog: EventCatalog) -> EventPredicate? {
        guard let event = catalog.event(id: type) else { return nil }
        do throws(EventPredicateError) {
            let predicate = try EventPredicate(text, for: event, of: catalog)
            hasCompiled = true
            return predicate
        } catch {
            if firstError == nil { firstError = error }
            return nil
        }
    }
}
