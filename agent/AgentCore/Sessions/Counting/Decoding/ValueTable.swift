import TraceProtocol

/// Sums and greatest values of fields, beside the counts of a `CountTable`: by its slots.
struct ValueTable {
    private let fields: RecordValues
    private var sums: [Int128] = []
    private var maxima: [Int128] = []

    init(_ fields: RecordValues) {
        self.fields = fields
    }

    /// Adds a record's values. Nothing is allocated for a slot that has some.
    mutating func add(_ record: UnsafeRawBufferPointer, slot: Int) {
        guard !fields.isEmpty else { return }
        while sums.count < (slot &+ 1) &* fields.sums.count { sums.append(0) }
        while maxima.count < (slot &+ 1) &* fields.maxima.count { maxima.append(Int128(Int64.min)) }
        for index in fields.sums.indices {
            sums[slot &* fields.sums.count &+ index] &+= fields.sums[index].number(of: record)
        }
        for index in fields.maxima.indices {
            let place = slot &* fields.maxima.count &+ index
            maxima[place] = max(maxima[place], fields.maxima[index].number(of: record))
        }
    }

    /// Writes a slot's values into its row.
    func fill(_ row: inout WireCountRow, slot: Int) {
        guard !fields.isEmpty else { return }
        row.sums = fields.sums.indices.map { WireCountNumber(sums[slot * fields.sums.count + $0]) }
        row.maxima = fields.maxima.indices.map { WireCountNumber(maxima[slot * fields.maxima.count + $0]) }
    }
}
