import BPF
import EventFormat
import Probes

extension CountingProgram {
    /// Where fetched numbers lie, from the end of the stack, 8 bytes each.
    private enum Places {
        /// Addresses on the way to a value.
        static let way = Stack.area - 8
        static let lowest: Int16 = -512

        static func of(_ index: Int) -> Int16 { way - 8 * Int16(index + 1) }
    }

    /// Fetches numbers, for `load`. An event with one that cannot be read is counted as lost.
    ///
    /// - Parameter numbers: fields; what a program knows without is left out.
    mutating func fetch(_ numbers: [NumberField]) throws(KernelDeclined) {
        guard let fields else { return }
        for number in numbers where places[number.offset] == nil && !isCurrentThread(number.offset, number.size) {
            let (source, reads) = try fields.steps(at: number.offset, isText: false)
            let place = Places.of(places.count)
            guard place >= Places.lowest else { throw KernelDeclined("more numbers than an eBPF program keeps") }
            places[number.offset] = place
            begin(source)
            guard let last = reads.last else {
                code.store(.eight, .frame, place, .register(.r3))
                continue
            }
            canFail = true
            follow(reads.dropLast(), failing: unreadable)
            read(last.offset, isOfProgram: last.isOfProgram, bytes: number.size, to: place, failing: unreadable)
        }
    }

    /// A fetched number.
    mutating func loadFetched(
        _ target: BPFRegister, offset: Int, size: Int, isSigned: Bool
    ) throws(KernelDeclined) {
        guard let place = places[offset], let width = BPFSize(bytes: size) else {
            throw KernelDeclined("a program does not fetch this field")
        }
        code.load(target, width, .frame, place)
        extend(target, size: size, isSigned: isSigned)
    }

    /// Fetches a text, or what stands for one that cannot be read. The room is zeros.
    mutating func fetchText(
        _ fields: FetchedFields, at offset: Int, to place: Int16, room: Int
    ) throws(KernelDeclined) {
        let (source, reads) = try fields.steps(at: offset, isText: true)
        guard let last = reads.last else { return readName(to: place) }
        let failed = code.label()
        begin(source)
        follow(reads.dropLast(), failing: failed)
        add(last.offset)
        readPointedText(to: place, room: room, isOfProgram: last.isOfProgram, failing: failed)
        mark(place, failed)
    }

    /// Reads the text at the address in r3. The room is zeros.
    mutating func readPointedText(to place: Int16, room: Int, isOfProgram: Bool, failing: BPFAssembler.Label) {
        address(.r1, place)
        code.move(.r2, .immediate(Int32(room)))
        call(.readProgramText, .readKernelText, isOfProgram: isOfProgram)
        // An empty text has its NUL.
        code.jump(if: .r0, .signedLessEqual, .immediate(0), to: failing)
    }

    /// Writes `(fault)` in place of a text. A program that has read the text jumps over this.
    ///
    /// - Parameter failed: where a program comes that could not read it; placed here.
    mutating func mark(_ place: Int16, _ failed: BPFAssembler.Label) {
        let done = code.label()
        code.jump(to: done)
        code.place(failed)
        code.load(.r1, constant: UnreadableText.withBytes { Self.word(Array($0)) })
        code.store(.eight, .frame, place, .register(.r1))
        code.place(done)
    }

    // MARK: Steps, all with the value in r3

    private mutating func begin(_ source: FetchSteps.Source) {
        switch source {
        case .constant(let value): code.load(.r3, constant: value)
        case .stack(let index):
            register(RegisterLayout.stackPointer)
            // As for the kernel, a word that cannot be read is 0: the helper clears it.
            read(8 * Int64(index), isOfProgram: false, bytes: 8, to: Places.way, failing: nil)
            code.load(.r3, .eight, .frame, Places.way)
        case .register(let name): register(name)
        case .argument, .returnValue, .stackPointer, .taskName: break
        }
    }

    private mutating func register(_ name: String) {
        code.load(.r3, .eight, .r6, fields?.layout.offsets[name] ?? 0)
    }

    /// Reads addresses.
    private mutating func follow(_ reads: ArraySlice<FetchSteps.Read>, failing: BPFAssembler.Label) {
        for step in reads {
            read(step.offset, isOfProgram: step.isOfProgram, bytes: 8, to: Places.way, failing: failing)
            code.load(.r3, .eight, .frame, Places.way)
        }
    }

    private mutating func read(
        _ offset: Int64, isOfProgram: Bool, bytes: Int, to place: Int16, failing: BPFAssembler.Label?
    ) {
        add(offset)
        address(.r1, place)
        code.move(.r2, .immediate(Int32(bytes)))
        call(.readProgram, .readKernel, isOfProgram: isOfProgram)
        if let failing { code.jump(if: .r0, .notEqual, .immediate(0), to: failing) }
    }

    private mutating func add(_ offset: Int64) {
        guard offset != 0 else { return }
        if let offset = Int32(exactly: offset) { return code.apply(.add, .r3, .immediate(offset)) }
        code.load(.r4, constant: UInt64(bitPattern: offset))
        code.apply(.add, .r3, .register(.r4))
    }

    /// Also a probe of the kernel reads the memory of the program at an address that only a program has (`probe_mem_read`
    /// in kernel/trace/trace_probe_kernel.h); the kernel's addresses are negative.
    private mutating func call(_ program: BPFHelper, _ kernel: BPFHelper, isOfProgram: Bool) {
        if isOfProgram || fields?.isInProgram == true { return call(program) }
        let (lower, done) = (code.label(), code.label())
        code.jump(if: .r3, .signedGreaterEqual, .immediate(0), to: lower)
        call(kernel)
        code.jump(to: done)
        code.place(lower)
        call(program)
        code.place(done)
    }
}
