import BPF
import EventFormat
import TraceProtocol

extension CountingProgram {
    /// The kernel's filter of a perf event comes after the program, so the program has it inside.
    mutating func addFilter(_ filter: String) throws {
        let steps: [FilterSteps.Step]
        do {
            steps = try FilterSteps(filter, for: format).steps
        } catch {
            throw KernelDeclined("the filter \"\(filter)\" is not translated: \(error)")
        }
        try fetch(steps.compactMap(\.number))
        let accept = code.label()
        let labels = steps.map { _ in code.label() }
        func label(_ target: FilterSteps.Target) -> BPFAssembler.Label {
            switch target {
            case .step(let index): labels[index]
            case .accept: accept
            case .reject: end
            }
        }
        for (index, step) in steps.enumerated() {
            code.place(labels[index])
            try add(step, label(step.whenTrue), label(step.whenFalse))
        }
        code.place(accept)
    }

    private mutating func add(
        _ step: FilterSteps.Step, _ whenTrue: BPFAssembler.Label, _ whenFalse: BPFAssembler.Label
    ) throws(KernelDeclined) {
        switch step.subject {
        case .number(let offset, let size, let isSigned):
            try load(.r1, offset: offset, size: size, isSigned: isSigned)
            try compare(step, isSigned: isSigned, whenTrue, whenFalse)
        case .cpu:
            code.call(.currentCPU)
            code.move(.r1, .register(.r0))
            try compare(step, isSigned: false, whenTrue, whenFalse)
        case .task:
            readName(to: Stack.area)
            try compareText(step, room: CurrentTaskNames.length, whenTrue, whenFalse)
        case .fixedText(let offset, let size):
            let room = min((size + 8) & ~7, ProgramKey.textSize)
            clear(Stack.area, bytes: room)
            try readText(offset: offset, size: size, to: Stack.area, room: room)
            try compareText(step, room: room, whenTrue, whenFalse)
        case .text(let offset, let base):
            clear(Stack.area, bytes: ProgramKey.textSize)
            try readText(wordAt: offset, base: base, to: Stack.area, room: ProgramKey.textSize)
            try compareText(step, room: ProgramKey.textSize, whenTrue, whenFalse)
        case .fetchedText(let offset):
            guard let fields else { throw KernelDeclined("the filter compares what a program does not see") }
            clear(Stack.area, bytes: ProgramKey.textSize)
            try fetchText(fields, at: offset, to: Stack.area, room: ProgramKey.textSize)
            try compareText(step, room: ProgramKey.textSize, whenTrue, whenFalse)
        case .pointedText(let offset, let isOfProgram):
            clear(Stack.area, bytes: ProgramKey.textSize)
            try load(.r3, offset: offset, size: 8, isSigned: false)
            // For a text that cannot be read no comparison holds (`filter_pred_pchar` in
            // kernel/trace/trace_events_filter.c).
            readPointedText(
                to: Stack.area, room: ProgramKey.textSize, isOfProgram: isOfProgram, failing: whenFalse)
            try compareText(step, room: ProgramKey.textSize, whenTrue, whenFalse)
        case .other: throw KernelDeclined("the filter compares what a program does not see")
        }
    }

    /// r1 with a number.
    private mutating func compare(
        _ step: FilterSteps.Step, isSigned: Bool, _ whenTrue: BPFAssembler.Label, _ whenFalse: BPFAssembler.Label
    ) throws(KernelDeclined) {
        let condition: BPFCondition
        switch step.comparison {
        case .equal: condition = .equal
        case .notEqual: condition = .notEqual
        case .less: condition = isSigned ? .signedLess : .less
        case .lessEqual: condition = isSigned ? .signedLessEqual : .lessEqual
        case .greater: condition = isSigned ? .signedGreater : .greater
        case .greaterEqual: condition = isSigned ? .signedGreaterEqual : .greaterEqual
        case .hasBits: condition = .hasBits
        case .matches, .inside, .outside:
            throw KernelDeclined("the filter compares a number in a way that is not translated")
        }
        code.load(.r2, constant: step.value)
        code.jump(if: .r1, condition, .register(.r2), to: whenTrue)
        code.jump(to: whenFalse)
    }

    /// The text at the beginning of the stack's area, followed by zeros, with another.
    ///
    /// - Parameter room: bytes of it, the last of which is zero.
    private mutating func compareText(
        _ step: FilterSteps.Step, room: Int, _ whenTrue: BPFAssembler.Label, _ whenFalse: BPFAssembler.Label
    ) throws(KernelDeclined) {
        var text = step.text
        var isPrefix = false
        if step.comparison == .matches {
            isPrefix = text.last == UInt8(ascii: "*")
            if isPrefix { text.removeLast() }
            guard !text.contains(where: { "*?[\\".utf8.contains($0) }) else {
                throw KernelDeclined("of patterns a program knows only those that end with *")
            }
        }
        guard text.count < min(room, WireCountRequest.longestText) else {
            throw KernelDeclined("the filter has a text of \(text.count) bytes")
        }
        let (equal, different) = step.comparison == .notEqual ? (whenFalse, whenTrue) : (whenTrue, whenFalse)
        if !isPrefix { text.append(0) }
        for start in stride(from: 0, to: text.count, by: 8) {
            let bytes = text[start..<min(start + 8, text.count)]
            code.load(.r1, .eight, .frame, Stack.area + Int16(start))
            if bytes.count < 8 {
                code.load(.r2, constant: Self.word(bytes.map { _ in 0xff }))
                code.apply(.and, .r1, .register(.r2))
            }
            code.load(.r2, constant: Self.word(Array(bytes)))
            code.jump(if: .r1, .notEqual, .register(.r2), to: different)
        }
        code.jump(to: equal)
    }

    /// Bytes as they lie in memory.
    static func word(_ bytes: [UInt8]) -> UInt64 {
        var word: UInt64 = 0
        withUnsafeMutableBytes(of: &word) { $0.copyBytes(from: bytes) }
        return word
    }
}

extension FilterSteps.Step {
    /// The field that is compared, if it is a number.
    fileprivate var number: NumberField? {
        guard case .number(let offset, let size, let isSigned) = subject else { return nil }
        return NumberField(offset: offset, size: size, isSigned: isSigned)
    }
}
