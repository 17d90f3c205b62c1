import EventFormat
import TraceProtocol
import Tracefs

/// Where the records of this kernel's function tracers hold what is counted.
struct FunctionRecords: Sendable, Equatable {
    /// What a record is.
    enum Record: Equatable {
        case entry(UInt64)
        /// `duration`: ns.
        case exit(UInt64, duration: UInt64)
        case other
        case damaged
    }

    private let typeOffset: Int
    private let entryID: UInt16
    private let entry: NumberField
    private let exitID: UInt16?
    private let exit: (function: NumberField, begin: NumberField, end: NumberField)?
    private let entrySize: Int
    private let exitSize: Int

    /// - Parameter exit: of the tracer `function_graph`; nil for `function`, which has none.
    init(entry: EventFormat, exit: EventFormat?) throws(WireRefusal) {
        typeOffset = entry.field("common_type")?.offset ?? 0
        entryID = UInt16(clamping: entry.id)
        self.entry = try NumberField(exit == nil ? "ip" : "func", in: entry)
        entrySize = max(self.entry.end, typeOffset + 2)
        exitID = exit.map { UInt16(clamping: $0.id) }
        guard let exit else {
            self.exit = nil
            exitSize = 0
            return
        }
        let fields = (
            function: try NumberField("func", in: exit), begin: try NumberField("calltime", in: exit),
            end: try NumberField("rettime", in: exit)
        )
        self.exit = fields
        exitSize = max(fields.function.end, fields.begin.end, fields.end.end)
    }

    static func == (a: FunctionRecords, b: FunctionRecords) -> Bool {
        a.entryID == b.entryID && a.entry == b.entry && a.exitID == b.exitID && a.exit?.function == b.exit?.function
            && a.exit?.begin == b.exit?.begin && a.exit?.end == b.exit?.end
    }

    func read(_ record: UnsafeRawBufferPointer) -> Record {
        guard record.count >= typeOffset &+ 2 else { return .damaged }
        let id = record.loadUnaligned(fromByteOffset: typeOffset, as: UInt16.self)
        if id == entryID {
            return record.count >= entrySize ? .entry(entry.bits(of: record)) : .damaged
        }
        guard id == exitID, let exit else { return .other }
        guard record.count >= exitSize else { return .damaged }
        let (begin, end) = (exit.begin.bits(of: record), exit.end.bits(of: record))
        return .exit(exit.function.bits(of: record), duration: end > begin ? end &- begin : 0)
    }
}

extension NumberField {
    /// Offset after its last byte.
    fileprivate var end: Int { offset + size }
}
