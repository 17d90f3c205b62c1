import Glibc
import TraceProtocol
import Tracefs

/// The events, filters and triggers of a `Prepare`, resolved against this node's kernel.
struct EventSelection {
    let events: [EventName]
    let filters: [(EventName, String)]
    let triggers: [(EventName, String)]

    /// - Throws: `CommandRefusal` that names every pattern which selects nothing, with near matches.
    init(_ order: WirePrepare, root: TracefsRoot) throws(CommandRefusal) {
        let known: [EventName]
        do throws(TracefsError) {
            known = try root.events()
        } catch {
            throw CommandRefusal(error)
        }
        var unknown: [UnknownEvent] = []
        func select(_ pattern: String, among names: [EventName]) -> [EventName] {
            do throws(UnknownEvent) {
                return try EventPattern.resolve(pattern, among: names)
            } catch {
                unknown.append(error)
                return []
            }
        }
        var chosen: Set<EventName> = []
        for pattern in order.events { chosen.formUnion(select(pattern, among: known)) }
        events = chosen.sorted()
        if let refusal = Self.refusal(for: unknown) { throw refusal }

        var settings: [[(EventName, String)]] = []
        for list in [order.filters, order.triggers] {
            settings.append(
                list.flatMap { setting in select(setting.event, among: chosen.sorted()).map { ($0, setting.text) } })
        }
        if let first = unknown.first {
            throw CommandRefusal(
                .badFilter, "\(first); a filter or trigger has to name one of the session's events",
                nearMatches: first.suggestions)
        }
        (filters, triggers) = (settings[0], settings[1])
    }

    private static func refusal(for unknown: [UnknownEvent]) -> CommandRefusal? {
        guard !unknown.isEmpty else { return nil }
        return CommandRefusal(
            .unknownEvent, unknown.map(\.description).joined(separator: "; "),
            nearMatches: unknown.flatMap(\.suggestions))
    }
}

extension CommandRefusal {
    /// The refusal that an error of the kernel or of the file system means.
    init(_ error: any Error) {
        guard let error = error as? TracefsError else {
            self.init(.io, "\(error)")
            return
        }
        switch error {
        case .notPermitted, .lockedDown: self.init(.noPermission, error.description)
        case .noTracefs: self.init(.noTracefs, error.description)
        case .missingFile: self.init(.unsupported, error.description)
        case .failed(_, _, let errno) where errno == ENOMEM: self.init(.noMemory, error.description)
        case .unknownEvent(let unknown): self.init(.unknownEvent, unknown.description, nearMatches: unknown.suggestions)
        case .rejected(let rejection):
            let lines = rejection.description.split(separator: "\n", maxSplits: 1)
            self.init(
                rejection.kind == .trigger ? .badTrigger : .badFilter, String(lines.first ?? ""),
                detail: lines.count > 1 ? String(lines[1]) : "")
        default: self.init(.io, error.description)
        }
    }
}
