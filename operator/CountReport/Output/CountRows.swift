import TraceProtocol

/// The lines of one event, by node or over all nodes, `other` last.
struct CountRows {
    static let otherText = "(other: table full)"
    private let sums: [CountLine.Subject: CountSum]

    init(_ interval: CountInterval, isByNode: Bool) {
        guard !isByNode else {
            sums = interval.nodeSums
            return
        }
        guard interval.mergedSums.isEmpty else {
            sums = interval.mergedSums
            return
        }
        var merged: [CountLine.Subject: CountSum] = [:]
        for (subject, sum) in interval.nodeSums {
            let all = CountLine.Subject(column: subject.column, node: nil, key: subject.key, isOther: subject.isOther)
            merged[all, default: CountSum()] += sum
        }
        sums = merged
    }

    func lines(of column: Int) -> [CountLine] {
        sums.filter { $0.key.column == column }.map { CountLine(subject: $0.key, sum: $0.value) }.sorted { a, b in
            if a.subject.isOther != b.subject.isOther { return b.subject.isOther }
            // Counters have times. There are few, so they keep their order; keys of tables are many.
            let isTable = a.sum.enabled == .zero && b.sum.enabled == .zero
            if a.sum.time != b.sum.time { return a.sum.time > b.sum.time }
            if isTable, a.sum.count != b.sum.count { return a.sum.count > b.sum.count }
            if a.subject.node != b.subject.node { return a.subject.node ?? 0 < b.subject.node ?? 0 }
            return Self.precedes(a.subject.key, b.subject.key)
        }
    }

    private static func precedes(_ a: [WireCountKey], _ b: [WireCountKey]) -> Bool {
        for (a, b) in zip(a, b) where a != b {
            if case .number(let a) = a.value, case .number(let b) = b.value { return a < b }
            return CountText.key(a) < CountText.key(b)
        }
        return a.count < b.count
    }
}
