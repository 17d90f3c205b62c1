import EventFormat

/// A condition on events (`--where`), compiled once for each kind of event that comes. It does not hold for an event
/// that lacks one of its fields.
struct ConditionTable {
    /// What compiling it for the events so far has shown.
    struct Experience {
        private var firstError: EventPredicateError?
        private var hasCompiled = false

        /// Why the condition fits no kind of event so far; nil when it fits one, or when no event came.
        var filterError: String? {
            guard !hasCompiled, let firstError else { return nil }
            return "--where: \(firstError)"
        }

        mutating func succeed() { hasCompiled = true }

        mutating func fail(_ error: EventPredicateError) {
            if firstError == nil { firstError = error }
        }
    }

    /// The condition for one node's kinds of events, by number.
    private final class Compiled {
        let catalog: EventCatalog
        var isKnown: [Bool] = []
        var predicates: [EventPredicate?] = []

        init(_ catalog: EventCatalog) {
            self.catalog = catalog
        }
    }

    private let text: String
    private var tables: [Compiled] = []
    private var last: Compiled?
    private(set) var experience = Experience()

    init(_ text: String) {
        self.text = text
    }

    mutating func holds(_ event: MergedEvent, task: TaskName) -> Bool {
        event.withRenderer { renderer in
            guard let type = renderer.common.type(of: event.payload) else { return false }
            let table = table(renderer.catalog)
            if type >= table.isKnown.count || !table.isKnown[type] { compile(type, in: table) }
            guard let predicate = table.predicates[type] else { return false }
            return task.withBytes { predicate.matches(event.payload, cpu: Int(event.cpu), task: $0) }
        }
    }

    private mutating func table(_ catalog: EventCatalog) -> Compiled {
        if let last, last.catalog === catalog { return last }
        let table = tables.first { $0.catalog === catalog } ?? Compiled(catalog)
        if !tables.contains(where: { $0 === table }) { tables.append(table) }
        last = table
        return table
    }

    private mutating func compile(_ type: Int, in table: Compiled) {
        let missing = type + 1 - table.isKnown.count
        if missing > 0 {
            table.isKnown += Array(repeating: false, count: missing)
            table.predicates += Array(repeating: nil, count: missing)
        }
        table.isKnown[type] = true
        guard let event = table.catalog.event(id: type) else { return }
        do throws(EventPredicateError) {
            table.predicates[type] = try EventPredicate(text, for: event, of: table.catalog)
            experience.succeed()
        } catch {
            experience.fail(error)
        }
    }
}
