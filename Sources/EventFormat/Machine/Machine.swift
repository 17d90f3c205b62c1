/// Runs a program over the bytes of one record.
///
/// Every program ends, because jumps only go forward. Every access is inside of the record: one check at the start
/// covers the fixed fields, and each dynamic field has its own check.
struct Machine {
    let program: ProgramView
    let record: UnsafeRawBufferPointer
    /// The catalog owns it, and the catalog outlives the machine.
    let environmentPointer: UnsafePointer<RenderEnvironment>
    @inline(__always) var environment: RenderEnvironment { environmentPointer.pointee }
    let context: RenderContext
    var isDamaged = false

    /// Renders a record.
    ///
    /// - Parameter start: the program's first instruction, or its `textStart`.
    static func run(
        _ program: ProgramView, from start: Int, record: UnsafeRawBufferPointer,
        environment: UnsafePointer<RenderEnvironment>,
        context: RenderContext, into out: inout TextBuffer
    ) -> RenderOutcome {
        guard record.count >= program.requiredSize, let base = record.baseAddress else {
            appendTruncated(record.count, program.requiredSize, &out)
            return .truncated
        }
        var machine = Machine(program: program, record: record, environmentPointer: environment, context: context)
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: ProgramBuilder.stackSize) { stack in
            guard let memory = stack.baseAddress else { return .truncated }
            let before = out.count
            machine.run(from: start, base: base, stack: memory, into: &out)
            if program.endsLine && out.ends(with: 10, after: before) { out.truncate(to: out.count &- 1) }
            return machine.isDamaged ? .damaged : .complete
        }
    }

    private static func appendTruncated(_ count: Int, _ needed: Int, _ out: inout TextBuffer) {
        out.append("<record of ")
        out.append(decimal: UInt64(count))
        out.append(" bytes, ")
        out.append(decimal: UInt64(needed))
        out.append(" expected>")
    }

    private mutating func run(
        from start: Int, base: UnsafeRawPointer, stack: UnsafeMutablePointer<UInt64>, into out: inout TextBuffer
    ) {
        // Locals are first, followed by the stack of values. The compiler ensures that `stackSize` is enough.
        var top = ProgramBuilder.maximumLocals
        var position = start
        let literals = program.literals
        while true {
            let step = program.instructions[position]
            position &+= 1
            let offset = Int(step.operand)
            switch step.opcode {
            case .literal: out.append(padded: literals + offset, count: Int(step.immediate))
            case .fieldUnsigned: out.append(decimal: base.integer(step.kind, at: offset))
            case .fieldSigned: out.append(decimal: Int64(bitPattern: base.integer(step.kind, at: offset)))
            case .fieldHex: out.append(hex: base.integer(step.kind, at: offset))
            case .syscallArgument: out.append(syscallArgument: base.integer(step.kind, at: offset))
            case .fieldNumber:
                out.append(base.integer(step.kind, at: offset), program.styles[Int(step.medium)])
            case .fixedString:
                out.append(cString: UnsafeRawBufferPointer(start: base + offset, count: Int(step.immediate)))
            case .dynamicString:
                if let span = location(offset, step.small) { out.append(cString: span.bytes(in: record)) }
            case .trailingString:
                out.append(cString: UnsafeRawBufferPointer(rebasing: record[min(offset, record.count)...]))

            case .constant:
                stack[top] = step.immediate
                top &+= 1
            case .load:
                stack[top] = base.integer(step.kind, at: offset)
                top &+= 1
            case .span:
                let length = step.small == 1 ? max(0, record.count &- offset) : Int(step.immediate)
                stack[top] = RecordSpan(offset: offset, length: length).packed
                top &+= 1
            case .dynamicSpan:
                stack[top] = location(offset, step.small)?.packed ?? 0
                top &+= 1
            case .dynamicLength:
                stack[top] = UInt64(location(offset, step.small)?.length ?? 0)
                top &+= 1
            case .element:
                top &-= 1
                stack[top &- 1] = element(RecordSpan(packed: stack[top &- 1]), stack[top], step.kind)
            case .advance:
                top &-= 1
                stack[top &- 1] = advance(RecordSpan(packed: stack[top &- 1]), stack[top], by: offset)
            case .arithmetic:
                top &-= 1
                let operation = Arithmetic(rawValue: step.small) ?? .add
                stack[top &- 1] = operation.evaluate(stack[top &- 1], stack[top])
            case .convert: stack[top &- 1] = Self.convert(stack[top &- 1], step.kind)
            case .negate: stack[top &- 1] = 0 &- stack[top &- 1]
            case .complement: stack[top &- 1] = ~stack[top &- 1]
            case .isZero: stack[top &- 1] = stack[top &- 1] == 0 ? 1 : 0
            case .highestBit:
                stack[top &- 1] = UInt64(bitPattern: Int64(63 &- stack[top &- 1].leadingZeroBitCount))
            case .swapBytes: stack[top &- 1] = stack[top &- 1].byteSwapped >> (64 &- 8 &* UInt64(step.small))
            case .jiffies:
                stack[top] = jiffies
                top &+= 1
            case .timestamp:
                stack[top] = context.timestamp
                top &+= 1
            case .storeLocal:
                top &-= 1
                stack[offset] = stack[top]
            case .loadLocal:
                stack[top] = stack[offset]
                top &+= 1
            case .drop: top &-= 1
            case .jump: position = offset
            case .jumpIfZero:
                top &-= 1
                if stack[top] == 0 { position = offset }
            case .jumpIfNotZero:
                top &-= 1
                if stack[top] != 0 { position = offset }

            case .beginField:
                stack[top] = UInt64(out.count)
                top &+= 1
            case .stop: return
            default: text(step, stack, &top, &out)
            }
        }
    }

    /// The kernel's jiffies at the event, derived from a clock that counts from boot. Jiffies start at minus five
    /// minutes (INITIAL_JIFFIES of linux/jiffies.h).
    private var jiffies: UInt64 {
        let ticks = environment.ticksPerSecond
        let passed = context.timestamp.multipliedFullWidth(by: ticks)
        let elapsed = passed.high >= 1_000_000_000 ? 0 : (1_000_000_000 as UInt64).dividingFullWidth(passed).quotient
        return (1 << 32) &- 300 &* ticks &+ elapsed
    }

    private mutating func location(_ offset: Int, _ small: UInt8) -> RecordSpan? {
        if let span = RecordSpan(locationAt: offset, isRelative: small == 1, in: record) { return span }
        isDamaged = true
        return nil
    }

    private func element(_ span: RecordSpan, _ index: UInt64, _ kind: LoadKind) -> UInt64 {
        let bytes = span.bytes(in: record)
        let width = kind.width
        guard let base = bytes.baseAddress, index < UInt64(bytes.count / width) else { return 0 }
        return base.integer(kind, at: Int(index) &* width)
    }

    private func advance(_ span: RecordSpan, _ index: UInt64, by width: Int) -> UInt64 {
        guard width > 0, index <= UInt64(span.length / width) else { return 0 }
        let distance = Int(index) &* width
        return RecordSpan(offset: span.offset &+ distance, length: span.length &- distance).packed
    }

    private static func convert(_ value: UInt64, _ kind: LoadKind) -> UInt64 {
        switch kind {
        case .u8: UInt64(UInt8(truncatingIfNeeded: value))
        case .s8: UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: value)))
        case .u16: UInt64(UInt16(truncatingIfNeeded: value))
        case .s16: UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: value)))
        case .u32: UInt64(UInt32(truncatingIfNeeded: value))
        case .s32: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
        case .u64: value
        }
    }
}

extension Instruction {
    @inline(__always) var kind: LoadKind { LoadKind(rawValue: small) ?? .u8 }
}
