import TextPatterns
import TraceProtocol
import Tracefs

/// What filters and triggers of a session can name.
struct SessionEvents {
    let tracepoints: [EventName]
    let probes: [Probe]
    var policy = Policy.none
    /// Those that the policy has left out.
    var refused: [EventName] = []

    var all: [EventName] { (tracepoints + probes.flatMap(\.events)).sorted() }

    /// The events that a pattern means: a probe by any of its names, a tracepoint as `-e` has it.
    func select(_ pattern: String) throws(WireRefusal) -> [EventName] {
        let named = probes.filter { $0.answers(to: pattern) }.flatMap(\.events)
        do throws(UnknownEvent) {
            return named + (try EventPattern.resolve(pattern, among: tracepoints))
        } catch {
            guard named.isEmpty else { return named }
            if let event = (try? EventPattern.resolve(pattern, among: refused))?.first,
                let refusal = policy.refusal(of: event)
            {
                throw refusal
            }
            let suggestions =
                error.suggestions.isEmpty
                ? NearMatch.suggestions(
                    for: pattern,
                    among: Set(probes.flatMap { $0.events.map($0.shown).map(\.description) + $0.spec.aliases })
                )
                : error.suggestions
            throw WireRefusal(
                .badFilter,
                "\(UnknownEvent(pattern: pattern, suggestions: suggestions)); a filter, trigger or stack has to name one of the session's events",
                nearMatches: suggestions)
        }
    }
}
