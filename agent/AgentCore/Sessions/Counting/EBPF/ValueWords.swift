import TraceProtocol

/// How sums and greatest values lie in memory behind a count of an eBPF program.
///
/// A sum of fields of 8 bytes has two words, for the lower and the upper halves of its values: none of them overflows
/// before 2^32 events on one CPU. A greatest value of a signed field has `bias` added, so that zeros are less than all.
struct ValueWords {
    let fields: RecordValues
    private(set) var sumPlaces: [(place: Int16, field: NumberField)] = []
    private(set) var maximumPlaces: [(place: Int16, field: NumberField)] = []
    /// Bytes, the count included.
    private(set) var size = 8

    static let bias = UInt64(1) << 63

    init(_ fields: RecordValues) {
        self.fields = fields
        for field in fields.sums {
            sumPlaces.append((Int16(size), field))
            size += field.isWide ? 16 : 8
        }
        for field in fields.maxima {
            maximumPlaces.append((Int16(size), field))
            size += 8
        }
    }

    /// Writes the values of all CPUs into a row.
    ///
    /// - Parameter words: of each CPU, the word at so many bytes.
    func fill(_ row: inout WireCountRow, cpus: Range<Int>, _ word: (_ cpu: Int, _ place: Int) -> UInt64) {
        row.sums = sumPlaces.map { place, field in
            WireCountNumber(
                cpus.reduce(Int128(0)) { sum, cpu in
                    let low = word(cpu, Int(place))
                    guard field.isWide else { return sum &+ field.number(low) }
                    return sum &+ Int128(low) &+ field.number(word(cpu, Int(place) + 8)) << 32
                })
        }
        row.maxima = maximumPlaces.map { place, field in
            let greatest = cpus.map { word($0, Int(place)) }.max() ?? 0
            return WireCountNumber(field.number(field.isSigned ? greatest &- Self.bias : greatest))
        }
    }
}

extension NumberField {
    var isWide: Bool { size == 8 }

    /// What 64 bits mean.
    fileprivate func number(_ bits: UInt64) -> Int128 { isSigned ? Int128(Int64(bitPattern: bits)) : Int128(bits) }
}
