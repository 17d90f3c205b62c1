/// Sums and greatest values of fields beside a count, in the order of the request.
public struct CountedValues: Sendable, Hashable {
    public private(set) var sums: [Int128] = []
    public private(set) var maxima: [Int128] = []

    /// None.
    public init() {}

    /// Those of a row.
    public init(_ row: WireCountRow) {
        sums = row.sums.map(\.number)
        maxima = row.maxima.map(\.number)
    }

    /// Of two rows together.
    public static func += (a: inout CountedValues, b: CountedValues) {
        if a.sums.isEmpty { a.sums = b.sums } else { for (i, sum) in zip(a.sums.indices, b.sums) { a.sums[i] &+= sum } }
        if a.maxima.isEmpty {
            a.maxima = b.maxima
        } else {
            for (i, number) in zip(a.maxima.indices, b.maxima) { a.maxima[i] = max(a.maxima[i], number) }
        }
    }

    /// The sums since earlier ones. Greatest values stay those since the start.
    public func since(_ earlier: CountedValues) -> CountedValues {
        var values = self
        for (index, sum) in zip(values.sums.indices, earlier.sums) { values.sums[index] &-= sum }
        return values
    }

    /// Writes them into a row.
    public func fill(_ row: inout WireCountRow) {
        row.sums = sums.map { WireCountNumber($0) }
        row.maxima = maxima.map { WireCountNumber($0) }
    }
}
