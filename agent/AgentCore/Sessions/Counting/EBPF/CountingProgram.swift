import BPF
import EventFormat
import TextPatterns

/// Writes the eBPF program of one event: it leaves out Fleetrace's threads and what the filter leaves out, makes the key
/// and counts it.
///
/// Registers that keep their value over calls: r6 the record, or of a probe the registers; r7 the slot. Every program
/// returns 1: with 0 the kernel would not count the event for anybody else's counters (`perf_trace_run_bpf_submit` in
/// kernel/events/core.c).
struct CountingProgram {
    /// What an event is for.
    enum Role: Equatable {
        /// It is counted.
        case count
        /// The beginning and the end of what is timed.
        case entry, exit
    }

    var code = BPFAssembler()
    let format: EventFormat
    let table: ProgramTable
    /// Index of the table.
    let tableIndex: Int
    let control: ProgramControl
    /// What an entry and its exit have in common; empty for their thread.
    let match: [KeyPart]
    /// What it gets is no record, but what a sampling counter interrupted.
    let isSample: Bool
    /// Of a probe; nil for a tracepoint, whose record the program sees.
    let fields: FetchedFields?
    /// Where fetched numbers lie on the stack, by the offset of their field.
    var places: [Int: Int16] = [:]
    /// Where the program ends.
    let end: BPFAssembler.Label
    /// Where it ends for an event with a number that cannot be read.
    let unreadable: BPFAssembler.Label
    /// Something goes there. The verifier of older kernels refuses what nothing reaches.
    var canFail = false

    /// Offsets from the end of the stack.
    enum Stack {
        /// The number of the current thread, 32 bits.
        static let thread: Int16 = -8
        /// A number of 32 bits that a helper takes or gives.
        static let number: Int16 = -16
        /// A number of 64 bits.
        static let wide: Int16 = -24
        /// The key, and before that texts that a filter compares.
        static let area: Int16 = -24 - Int16(ProgramKey.largest)
    }

    /// - Parameters:
    ///   - filter: the kernel's; nil for all events.
    ///   - histogram: the field whose power of two is the key's last part.
    ///   - beginnings: of a latency, by thread or by what is matched.
    ///   - match: what an entry and its exit have in common; empty for their thread.
    ///   - fields: of a probe.
    ///   - numbers: fields that the program uses, those of the filter left out.
    /// - Throws: `KernelDeclined` for what a program does not do.
    init(
        _ role: Role, of format: EventFormat, filter: String?, histogram: NumberField?, table: ProgramTable,
        tableIndex: Int, control: ProgramControl, beginnings: BPFMap?, match: [KeyPart] = [],
        fields: FetchedFields? = nil, numbers: [NumberField] = [], isSample: Bool = false
    ) throws {
        self.format = format
        self.table = table
        self.tableIndex = tableIndex
        self.control = control
        self.match = match
        self.isSample = isSample
        self.fields = fields
        end = code.label()
        unreadable = code.label()
        code.move(.r6, .register(.r1))
        addSwitch()
        try addExclusion()
        if let filter { try addFilter(filter) }
        try fetch(numbers)
        switch (role, beginnings) {
        case (.count, _):
            try addKey()
            if let histogram {
                try load(.r2, histogram)
                addBucket(isSigned: histogram.isSigned)
            }
            try addCount()
        case (.entry, let beginnings?): try addBeginning(beginnings)
        case (.exit, let beginnings?):
            try addTime(since: beginnings)
            try addKey()
            code.load(.r2, .eight, .frame, Stack.wide)
            addBucket(isSigned: false)
            try addCount()
        case (.entry, nil), (.exit, nil): throw KernelDeclined("a latency has no table of beginnings")
        }
        if canFail {
            code.jump(to: end)
            code.place(unreadable)
            finish(.lost)
        }
        code.place(end)
        code.move(.r0, .immediate(1))
        code.exit()
    }

    private mutating func addSwitch() {
        code.load(.r1, valueOf: control.switches, at: ProgramControl.counting)
        code.load(.r1, .eight, .r1, 0)
        code.jump(if: .r1, .equal, .immediate(0), to: end)
    }

    /// As `set_event_notrace_pid` does: a switch or a wakeup between two tasks is left out only if both are
    /// (`event_filter_pid_sched_switch_probe_pre` and the others in kernel/trace/trace_events.c).
    private mutating func addExclusion() throws(KernelDeclined) {
        let included = code.label()
        code.call(.currentTask)
        code.store(.four, .frame, Stack.thread, .register(.r0))
        code.store(.four, .frame, Stack.thread + 4, .immediate(0))
        lookUp(control.excluded, Stack.thread)
        code.jump(if: .r0, .equal, .immediate(0), to: included)
        if let other = try otherTask() {
            try load(.r1, other)
            code.store(.four, .frame, Stack.number, .register(.r1))
            lookUp(control.excluded, Stack.number)
            code.jump(if: .r0, .equal, .immediate(0), to: included)
        }
        code.jump(to: end)
        code.place(included)
    }

    private func otherTask() throws(KernelDeclined) -> NumberField? {
        guard format.system == "sched" else { return nil }
        let name: String
        switch format.name {
        case "sched_switch": name = "next_pid"
        case "sched_wakeup", "sched_wakeup_new", "sched_waking": name = "pid"
        default: return nil
        }
        guard let field = format.field(name).flatMap(NumberField.init) else {
            throw KernelDeclined("\(format.fullName) has no \(name) in this kernel")
        }
        return field
    }

    // MARK: What several parts do

    /// r0 = the address of the value of a key on the stack, or 0.
    mutating func lookUp(_ map: BPFMap, _ key: Int16) {
        code.load(.r1, map: map)
        address(.r2, key)
        code.call(.lookUpElement)
    }

    /// r0 = 0, or -errno. The kernel may call what returns 32 bits directly, and leave the upper ones as they were
    /// (`do_misc_fixups` in kernel/bpf/verifier.c; all return 64 since Linux 6.4).
    mutating func call(_ helper: BPFHelper) {
        code.call(helper)
        code.apply(.shiftLeft, .r0, .immediate(32))
        code.apply(.shiftRightSigned, .r0, .immediate(32))
    }

    /// The address of something on the stack.
    mutating func address(_ target: BPFRegister, _ offset: Int16) {
        code.move(target, .register(.frame))
        code.apply(.add, target, .immediate(Int32(offset)))
    }

    /// A number of the record, extended to 64 bits.
    mutating func load(_ target: BPFRegister, _ field: NumberField) throws(KernelDeclined) {
        try load(target, offset: field.offset, size: field.size, isSigned: field.isSigned)
    }

    /// The beginning of a record, which a program does not have: the kernel puts its registers there.
    static let hidden = 8

    mutating func load(
        _ target: BPFRegister, offset: Int, size: Int, isSigned: Bool
    ) throws(KernelDeclined) {
        if isCurrentThread(offset, size) { return code.load(target, .four, .frame, Stack.thread) }
        guard fields == nil else { return try loadFetched(target, offset: offset, size: size, isSigned: isSigned) }
        guard offset >= Self.hidden, offset % size == 0, let width = BPFSize(bytes: size),
            let place = Int16(exactly: offset - (format.isRaw ? Self.hidden : 0))
        else { throw KernelDeclined("a program does not see the field at \(offset) of \(format.fullName)") }
        code.load(target, width, .r6, place)
        extend(target, size: size, isSigned: isSigned)
    }

    /// The number of the thread, which a program knows without the record.
    func isCurrentThread(_ offset: Int, _ size: Int) -> Bool {
        size == 4 && format.field("common_pid")?.offset == offset
    }

    mutating func extend(_ target: BPFRegister, size: Int, isSigned: Bool) {
        guard isSigned, size < 8 else { return }
        let shift = Int32(64 - 8 * size)
        code.apply(.shiftLeft, target, .immediate(shift))
        code.apply(.shiftRightSigned, target, .immediate(shift))
    }

    /// Zeros on the stack.
    mutating func clear(_ offset: Int16, bytes: Int) {
        for word in stride(from: 0, to: bytes, by: 8) {
            code.store(.eight, .frame, offset + Int16(word), .immediate(0))
        }
    }
}
