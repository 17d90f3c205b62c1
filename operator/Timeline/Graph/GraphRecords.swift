import EventFormat

/// Where the records of a kernel's tracer `function_graph` hold what a tree needs.
struct GraphRecords {
    enum Record {
        case enter(CallTree.Call)
        case exit(CallTree.Call, nanoseconds: UInt64)
    }

    private let entryType: Int
    private let entry: (function: Field, depth: Field)
    private let exitType: Int
    private let exit: (function: Field, depth: Field, begin: Field, end: Field)

    /// A number of 4 or 8 bytes, little-endian.
    private struct Field {
        let offset: Int
        let isLong: Bool

        init?(_ name: String, in format: EventFormat) {
            guard let field = format.fields.first(where: { $0.name == name }), field.size == 4 || field.size == 8 else {
                return nil
            }
            (offset, isLong) = (field.offset, field.size == 8)
        }

        func value(in record: UnsafeRawBufferPointer) -> UInt64? {
            guard record.count >= offset &+ (isLong ? 8 : 4) else { return nil }
            return isLong
                ? UInt64(littleEndian: record.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                : UInt64(UInt32(littleEndian: record.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        }
    }

    /// Nil for a kernel without the tracer.
    init?(_ catalog: EventCatalog) {
        guard let entering = catalog.event(named: "ftrace:funcgraph_entry")?.format,
            let exiting = catalog.event(named: "ftrace:funcgraph_exit")?.format,
            let entered = Field("func", in: entering), let depth = Field("depth", in: entering),
            let exited = Field("func", in: exiting), let exitDepth = Field("depth", in: exiting),
            let begin = Field("calltime", in: exiting), let end = Field("rettime", in: exiting)
        else { return nil }
        entryType = entering.id
        entry = (entered, depth)
        exitType = exiting.id
        exit = (exited, exitDepth, begin, end)
    }

    /// Nil for other records, and for damaged ones.
    func read(_ record: UnsafeRawBufferPointer, type: Int?) -> Record? {
        if type == entryType {
            guard let call = call(entry.function, entry.depth, record) else { return nil }
            return .enter(call)
        }
        guard type == exitType, let call = call(exit.function, exit.depth, record),
            let begin = exit.begin.value(in: record), let end = exit.end.value(in: record)
        else { return nil }
        return .exit(call, nanoseconds: end > begin ? end &- begin : 0)
    }

    /// The kernel follows fewer calls inside of each other.
    private static let deepest = 1_000

    private func call(_ function: Field, _ depth: Field, _ record: UnsafeRawBufferPointer) -> CallTree.Call? {
        guard let address = function.value(in: record), let depth = depth.value(in: record), depth <= Self.deepest
        else { return nil }
        return CallTree.Call(function: address, depth: Int(depth))
    }
}
