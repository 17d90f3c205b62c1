/// All events of one node's kernel, compiled. It is immutable, so any number of threads can use it.
public final class EventCatalog: @unchecked Sendable {
    // Unchecked: only `init` writes the memory behind the pointers.

    /// Offsets of the fields with which every event starts.
    public let commonFields: CommonFields
    /// The columns before the events in the kernel's `trace` file.
    public let columns: FtraceColumns
    /// The events by id.
    public let events: [Int: CompiledEvent]
    /// The systems of format texts that could not be read, and why.
    public let malformed: [(system: String, error: EventFormatError)]
    /// Events whose text is only a list of their fields, and why.
    public let uncompiled: [(event: String, reason: PrintFormatError)]
    /// Events whose text depends on assumptions, because the recording lacks some information, and the assumptions.
    public let assumed: [(event: String, what: [String])]

    let environment: UnsafePointer<RenderEnvironment>
    private let symbols: KernelSymbols?
    private let strings: KernelStrings
    private let tasks: SavedCommandLines?
    private let functions: FunctionTypes?
    /// Programs by event id, so that a lookup is an array access without ARC traffic.
    private let slots: UnsafeMutablePointer<EventSlot?>
    private let slotCount: Int

    /// Compiles the formats of a kernel. A format that cannot be read or compiled is listed and does not affect others.
    ///
    /// - Parameters:
    ///   - formats: the contents of `events/SYSTEM/EVENT/format`, with the system of each.
    ///   - symbols: the kernel's symbols; without them addresses are printed as numbers.
    ///   - printkFormats: the strings of `printk_formats`, by address.
    ///   - tasks: names for the few events that contain a pid without a name.
    ///   - kernel: other known facts about the kernel.
    public init(
        formats: [(system: String, text: String)], symbols: KernelSymbols? = nil, printkFormats: [UInt64: String] = [:],
        tasks: SavedCommandLines? = nil, kernel: KernelDescription = KernelDescription()
    ) {
        var parsed: [EventFormat] = []
        var malformed: [(system: String, error: EventFormatError)] = []
        for (system, text) in formats {
            do throws(EventFormatError) {
                parsed.append(try EventFormat(parsing: text, system: system, longSize: kernel.longSize))
            } catch {
                malformed.append((system, error))
            }
        }
        let traits = kernel.traits(for: parsed, symbols: symbols)
        columns = FtraceColumns(traits.release)
        var events: [Int: CompiledEvent] = [:]
        for format in parsed { events[format.id] = CompiledEvent(format: format, kernel: traits) }
        self.events = events
        self.malformed = malformed
        let sorted = events.values.sorted { $0.format.fullName < $1.format.fullName }
        uncompiled = sorted.compactMap { event in event.failure.map { (event.format.fullName, $0) } }
        assumed = sorted.filter { !$0.assumptions.isEmpty }.map { ($0.format.fullName, $0.assumptions) }
        commonFields = CommonFields(parsed.first?.commonFields ?? [])
        self.symbols = symbols
        strings = KernelStrings(printkFormats)
        self.tasks = tasks
        functions = kernel.functions
        let environment = UnsafeMutablePointer<RenderEnvironment>.allocate(capacity: 1)
        environment.initialize(
            to: RenderEnvironment(
                symbols: symbols?.view, strings: strings.view, tasks: tasks?.view,
                functions: kernel.functions?.view, argumentStyle: ArgumentStyle(traits.release),
                longSize: traits.longSize,
                ticksPerSecond: traits.ticksPerSecond ?? 250))
        self.environment = UnsafePointer(environment)
        slotCount = (events.keys.max() ?? -1) + 1
        slots = .allocate(capacity: max(1, slotCount))
        slots.initialize(repeating: nil, count: slotCount)
        for (id, event) in events { slots[id] = EventSlot(program: event.program.view, json: event.json.view) }
    }

    deinit {
        slots.deallocate()
        environment.deallocate()
    }

    /// Whether there are symbols, and none has an address: the kernel hides them.
    public var hidesSymbols: Bool { symbols?.areHidden ?? false }

    /// The event with this id.
    public func event(id: Int) -> CompiledEvent? { events[id] }

    /// The event with this name: `system:name`, or `name` if only one system has such an event.
    public func event(named name: String) -> CompiledEvent? {
        let found = events.values.filter { $0.format.fullName == name || $0.format.name == name }
        return found.first { $0.format.fullName == name } ?? (found.count == 1 ? found.first : nil)
    }

    /// Appends the text of a record without a trailing newline: what the kernel's `trace` file has after the time.
    ///
    /// - Parameters:
    ///   - record: the event's bytes from `common_type` on, as in the ring buffer.
    ///   - includingName: whether to start with the event's name, for events whose text starts with it.
    @discardableResult
    public func render(
        _ record: UnsafeRawBufferPointer, context: RenderContext = RenderContext(), includingName: Bool = true,
        into out: inout TextBuffer
    ) -> RenderOutcome {
        guard let type = commonFields.type(of: record) else {
            out.append("<record without type>")
            return .truncated
        }
        guard let program = slot(type)?.program else {
            // `print_trace_fmt` of kernel/trace/trace.c
            out.append("Unknown type ")
            out.append(decimal: UInt64(type))
            return .unknownType
        }
        return Machine.run(
            program, from: includingName ? 0 : program.textStart, record: record, environment: environment,
            context: context, into: &out)
    }

    /// Appends the function at an address, as `%ps` prints it.
    public func appendFunction(at address: UInt64, to out: inout TextBuffer) {
        guard let symbols = environment.pointee.symbols else {
            out.append("0x")
            return out.append(hex: address)
        }
        symbols.append(address, .plain, to: &out)
    }

    /// What rendering needs for an event type, if there is such an event.
    @inline(__always)
    func slot(_ type: Int) -> EventSlot? { type < slotCount ? slots[type] : nil }
}

/// What rendering needs for one event. The catalog's events own the memory.
struct EventSlot {
    let program: ProgramView
    let json: JSONLayout.View
}
