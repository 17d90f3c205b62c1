/// Finds names that the user may have meant by a mistyped name.
public enum NearMatch {
    public static let maximumSuggestions = 3

    /// Candidates within a third of the name's length in edits, nearest first, then by name; at most three. One may come
    /// several times.
    public static func suggestions(for name: String, among candidates: some Sequence<String>) -> [String] {
        nearest(to: name, among: candidates.lazy.map { (spelling: $0, shown: $0) })
    }

    static func mostEdits(in name: String) -> Int { max(1, name.utf8.count / 3) }

    /// Candidates within a third of the pattern's length in edits, nearest first, then by name.
    static func suggestions(for pattern: String, among events: [EventName]) -> [String] {
        nearest(to: pattern, among: candidates(for: pattern, among: events))
    }

    private static func nearest(
        to pattern: String, among candidates: some Sequence<(spelling: String, shown: String)>
    ) -> [String] {
        guard !pattern.isEmpty, pattern.utf8.count <= EventPattern.maximumLength else { return [] }
        let limit = mostEdits(in: pattern)
        let typed = Array(pattern.utf8)
        var sieve = NameSieve(for: pattern)
        var found: [(distance: Int, name: String)] = []
        for candidate in candidates {
            let spelling = Array(candidate.spelling.utf8)
            guard spelling.withUnsafeBytes({ sieve.passes($0) }) else { continue }
            let distance = editDistance(typed, spelling, limit: limit)
            if distance <= limit { found.append((distance, candidate.shown)) }
        }
        found.sort { $0.distance == $1.distance ? $0.name < $1.name : $0.distance < $1.distance }
        // Leave out distant names: those with over two edits more than the best.
        guard let best = found.first?.distance else { return [] }
        let names = found.prefix { $0.distance <= best + 2 }.map(\.name)
        // The kernel may have several functions of a name.
        let different = names.enumerated().filter { $0 == 0 || names[$0 - 1] != $1 }
        return different.prefix(maximumSuggestions).map(\.element)
    }

    /// What is compared and what is shown. A pattern without a colon is compared with bare event names and systems.
    private static func candidates(
        for pattern: String, among events: [EventName]
    ) -> [(spelling: String, shown: String)] {
        let enableable = events.filter(\.isEnableable)
        if pattern.contains(":") { return enableable.map { ($0.description, $0.description) } }
        let systems = Set(enableable.map(\.system))
        return systems.map { ($0, $0) } + enableable.map { ($0.name, $0.description) }
    }

    /// Edits (insert, delete, replace, swap of neighbours) between two names: optimal string alignment. Returns
    /// `limit + 1` for any distance above `limit`.
    static func editDistance(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int {
        guard abs(a.count - b.count) <= limit else { return limit + 1 }
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var beforePrevious = [Int](repeating: 0, count: b.count + 1)
        var previous = Array(0...b.count)
        var current = previous
        for i in 1...a.count {
            current[0] = i
            var rowMinimum = i
            for j in 1...b.count {
                var best = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                best = min(best, previous[j] + 1, current[j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    best = min(best, beforePrevious[j - 2] + 1)
                }
                current[j] = best
                rowMinimum = min(rowMinimum, best)
            }
            // When a row is above `limit + 1`, no later row is within the limit. At `limit + 1` a swap may still be.
            if rowMinimum > limit + 1 { return limit + 1 }
            (beforePrevious, previous, current) = (previous, current, beforePrevious)
        }
        return min(previous[b.count], limit + 1)
    }
}
