/// The records of the function_graph tracer: the beginning and the end of each call (kernel/trace/trace_entries.h,
/// `funcgraph_entry` and `funcgraph_exit`). Where their fields lie changed with the kernel; its formats say it.
public struct CallGraphRecords: Sendable {
    /// What a record is in a tree of calls.
    public enum Kind: Sendable {
        /// A call begins.
        case entry
        /// A call ends.
        case exit
        /// A function without its end, or a stack: the kernel prints the line that it prints outside of a tree.
        case plain
        /// Any other event: a comment in the tree.
        case comment
    }

    /// An integer of a record.
    fileprivate struct Place {
        let offset: Int
        let kind: LoadKind

        init?(_ name: String, of format: EventFormat) {
            guard let field = format.fields.first(where: { $0.name == name }),
                let kind = LoadKind(CType(width: field.size, isSigned: field.isSigned))
            else { return nil }
            offset = field.offset
            self.kind = kind
        }

        func read(_ record: UnsafeRawBufferPointer) -> UInt64? {
            guard let base = record.baseAddress, offset + kind.width <= record.count else { return nil }
            return base.integer(kind, at: offset)
        }
    }

    fileprivate struct EntryLayout {
        let id: Int
        let function: Place
        let depth: Place
        let caller: Place?
        /// Where the registers begin.
        let registers: Int?

        init?(_ event: CompiledEvent?) {
            guard let format = event?.format, let function = Place("func", of: format),
                let depth = Place("depth", of: format)
            else { return nil }
            id = format.id
            self.function = function
            self.depth = depth
            caller = Place("retaddr", of: format)
            registers = format.field("args")?.offset
        }
    }

    private let common: CommonFields
    private let entries: [EntryLayout]
    private let exit: EntryLayout?
    private let start: Place?
    private let end: Place?
    private let plain: Set<Int>

    /// - Parameter catalog: the events of the kernel that made the records.
    public init(_ catalog: EventCatalog) {
        common = catalog.commonFields
        entries = ["funcgraph_entry", "funcgraph_retaddr_entry"].compactMap {
            EntryLayout(catalog.event(named: "ftrace:\($0)"))
        }
        let event = catalog.event(named: "ftrace:funcgraph_exit")
        exit = EntryLayout(event)
        start = event.flatMap { Place("calltime", of: $0.format) }
        end = event.flatMap { Place("rettime", of: $0.format) }
        plain = Set(["function", "kernel_stack"].compactMap { catalog.event(named: "ftrace:\($0)")?.format.id })
    }

    /// What a record is.
    public func kind(of record: UnsafeRawBufferPointer) -> Kind {
        guard let type = common.type(of: record) else { return .comment }
        if entries.contains(where: { $0.id == type }) { return .entry }
        if type == exit?.id { return .exit }
        return plain.contains(type) ? .plain : .comment
    }

    /// Whether `record`, the next one of its CPU, is the end of the call that `entry` begins: that call made no others.
    public func isEnd(_ record: UnsafeRawBufferPointer, of entry: UnsafeRawBufferPointer) -> Bool {
        guard kind(of: record) == .exit, common.pid(of: record) == common.pid(of: entry),
            let call = call(entry), let returned = ended(record)
        else { return false }
        return call.function == returned.function
    }

    /// The call that begins.
    func call(_ record: UnsafeRawBufferPointer) -> Call? {
        guard let type = common.type(of: record), let layout = entries.first(where: { $0.id == type }) else {
            return nil
        }
        return Call(layout, record)
    }

    /// The call that ends.
    func ended(_ record: UnsafeRawBufferPointer) -> Call? {
        guard let exit, var call = Call(exit, record) else { return nil }
        if let start = start?.read(record), let end = end?.read(record) { call.duration = end &- start }
        return call
    }

    struct Call {
        let function: UInt64
        /// Calls around it, with those that were left out because of `set_graph_notrace` taken off again.
        let depth: Int
        /// The address to which it returns, where that is recorded.
        let caller: UInt64?
        /// Where the registers with its arguments begin in the record; nil on kernels that do not record them.
        let registers: Int?
        /// ns of the trace clock; nil at its beginning.
        var duration: UInt64?

        fileprivate init?(_ layout: EntryLayout, _ record: UnsafeRawBufferPointer) {
            guard let function = layout.function.read(record), let depth = layout.depth.read(record) else { return nil }
            self.function = function
            // FTRACE_NOTRACE_DEPTH of include/linux/ftrace.h
            let signed = Int(Int32(truncatingIfNeeded: depth))
            self.depth = signed < -1 ? signed + 65_536 : signed
            caller = layout.caller?.read(record)
            registers = layout.registers
        }
    }
}
