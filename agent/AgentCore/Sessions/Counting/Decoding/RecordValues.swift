import EventFormat
import TraceProtocol

/// The fields of one event whose sums and greatest values stand beside its counts.
struct RecordValues: Sendable, Equatable {
    private(set) var sums: [NumberField] = []
    private(set) var maxima: [NumberField] = []

    static let none = RecordValues()
    private init() {}

    /// - Throws: a refusal for what is no field of numbers, with the event's fields.
    init(_ request: WireCountRequest, _ format: EventFormat) throws(WireRefusal) {
        for name in request.sums { sums.append(try NumberField(name, in: format, for: "sum or average")) }
        for name in request.maxima { maxima.append(try NumberField(name, in: format, for: "maximum")) }
    }

    var isEmpty: Bool { sums.isEmpty && maxima.isEmpty }

    /// Bytes that a record must have.
    var requiredSize: Int { (sums + maxima).map { $0.offset + $0.size }.max() ?? 0 }
}

extension NumberField {
    /// Its value.
    ///
    /// - Parameter record: long enough for it.
    func number(of record: UnsafeRawBufferPointer) -> Int128 {
        let bits = bits(of: record)
        return isSigned ? Int128(Int64(bitPattern: bits)) : Int128(bits)
    }
}
