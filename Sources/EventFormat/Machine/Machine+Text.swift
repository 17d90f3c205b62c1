/// The less frequent instructions that write text.
extension Machine {
    mutating func text(
        _ step: Instruction, _ stack: UnsafeMutablePointer<UInt64>, _ top: inout Int, _ out: inout TextBuffer
    ) {
        func pop() -> UInt64 {
            top &-= 1
            return stack[top]
        }
        func popBytes() -> UnsafeRawBufferPointer { RecordSpan(packed: pop()).bytes(in: record) }

        switch step.opcode {
        case .number: number(step, pop, &out)
        case .endField: endField(step, pop, &out)
        case .character: out.append(UInt8(truncatingIfNeeded: pop()))
        case .spanString: out.append(cString: popBytes())
        case .kernelString: kernelString(pop(), &out)
        case .symbolic: symbolic(pop(), program.tables[Int(step.operand)], &out)
        case .flags: flags(pop(), program.tables[Int(step.operand)], &out)
        case .array:
            let size = pop()
            let count = pop()
            array(popBytes(), count: count, elementSize: size, &out)
        case .hexBytes:
            let length = pop()
            let bytes = popBytes()
            let limit = step.operand == 0 ? bytes.count : Int(step.operand)
            let count = Int(min(UInt64(UInt32(truncatingIfNeeded: length)), UInt64(min(limit, bytes.count))))
            out.append(hexBytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(count)), step.small)
        case .functionArguments:
            guard let base = record.baseAddress else { return }
            let longSize = environment.longSize
            let function = base.integer(longSize == 8 ? .u64 : .u32, at: Int(step.immediate))
            FunctionArguments(
                types: environment.functions, symbols: environment.symbols, longSize: longSize,
                style: environment.argumentStyle
            ).append(of: function, record, from: Int(step.operand), to: &out)
        case .userBytes:
            let wanted = Int64(bitPattern: pop())
            userBytes(popBytes(), wanted: wanted, &out)
        case .hexDump:
            top &-= 6
            hexDump(step, stack + top, &out)
        case .bitmask: out.append(bitmask: popBytes())
        case .bitList:
            let bits = pop()
            let bytes = popBytes()
            let count = Int(min(bits, UInt64(bytes.count) * 8))
            if step.small == 1 { out.append(bitList: bytes, count: count) } else { out.append(bitmask: bytes) }
        case .ip4: out.append(ip4: popBytes(), AddressForm(rawValue: step.small))
        case .ip6: out.append(ip6: popBytes(), AddressForm(rawValue: step.small))
        case .socketAddress: out.append(socketAddress: popBytes(), AddressForm(rawValue: step.small))
        case .mac: out.append(mac: popBytes(), step.small)
        case .uuid: out.append(uuid: popBytes(), step.small)
        case .symbol: symbol(pop(), SymbolForm(rawValue: step.small) ?? .offset, &out)
        case .errorName: errorName(pop(), &out)
        case .stack: stackTrace(step, &out)
        case .symbolList: symbolList(popBytes(), &out)
        case .rawBytes:
            for byte in record.dropFirst(Int(step.operand)) {
                out.append(32)
                out.append(hex: UInt64(byte), digits: 2)
            }
        case .byteList:
            for (index, byte) in popBytes().enumerated() {
                if index > 0 { out.append(UInt8(ascii: ",")) }
                out.append(hex: UInt64(byte), digits: 2)
            }
        case .taskName:
            let pid = Int32(truncatingIfNeeded: pop())
            if let tasks = environment.tasks { tasks.append(pid, to: &out) } else { out.append("<...>") }
        case .binaryPrintf: binaryPrintf(step, &out)
        default: break
        }
    }

    private func number(_ step: Instruction, _ pop: () -> UInt64, _ out: inout TextBuffer) {
        var style = program.styles[Int(step.medium)]
        let value = pop()
        amounts(&style, pop)
        out.append(style.cut(value), style)
    }

    /// Pops precision and width from the stack if they are arguments: `set_precision` and `set_field_width` of
    /// lib/vsprintf.c.
    private func amounts(_ style: inout FieldStyle, _ pop: () -> UInt64) {
        if style.precision == FieldStyle.fromStack {
            let precision = Int32(truncatingIfNeeded: pop())
            style.precision = min(max(precision, 0), 1 << 16)
        }
        if style.width == FieldStyle.fromStack {
            let width = Int32(truncatingIfNeeded: pop())
            if width < 0 { style.isLeft = true }
            style.width = Int32(min(width.magnitude, UInt32(Conversion.maximumWidth)))
        }
    }

    private func endField(_ step: Instruction, _ pop: () -> UInt64, _ out: inout TextBuffer) {
        var style = program.styles[Int(step.medium)]
        let start = Int(pop())
        amounts(&style, pop)
        if style.precision >= 0 { out.truncate(to: min(out.count, start + Int(style.precision))) }
        let missing = Int(style.width) - (out.count - start)
        guard missing > 0 else { return }
        if style.isLeft {
            out.append(repeating: 32, count: missing)
        } else {
            out.insert(repeating: 32, count: missing, at: start)
        }
    }

    private func kernelString(_ address: UInt64, _ out: inout TextBuffer) {
        if let string = environment.strings.find(address) {
            out.append(UnsafeRawBufferPointer(string))
        } else if address == 0 {
            out.append("(null)")
        } else {
            // The string is in the kernel's memory. Only its address was recorded.
            out.append("(0x")
            out.append(hex: address, digits: environment.longSize * 2)
            out.append(")")
        }
    }

    /// `trace_print_symbols_seq` of kernel/trace/trace_output.c.
    private func symbolic(_ value: UInt64, _ table: NameTable, _ out: inout TextBuffer) {
        let first = Int(table.first)
        for index in first..<first &+ Int(table.count) where program.entries[index].value == value {
            let entry = program.entries[index]
            return out.append(padded: program.literals + Int(entry.nameOffset), count: Int(entry.nameLength))
        }
        out.append("0x")
        out.append(hex: value)
    }

    /// `trace_print_flags_seq`.
    private func flags(_ value: UInt64, _ table: NameTable, _ out: inout TextBuffer) {
        var rest = value
        var isFirst = true
        let first = Int(table.first)
        for index in first..<first &+ Int(table.count) {
            if rest == 0 { break }
            let entry = program.entries[index]
            guard rest & entry.value == entry.value else { continue }
            rest &= ~entry.value
            if !isFirst {
                out.append(padded: program.literals + Int(table.delimiterOffset), count: Int(table.delimiterLength))
            }
            isFirst = false
            out.append(padded: program.literals + Int(entry.nameOffset), count: Int(entry.nameLength))
        }
        guard rest != 0 else { return }
        if !isFirst {
            out.append(padded: program.literals + Int(table.delimiterOffset), count: Int(table.delimiterLength))
        }
        out.append("0x")
        out.append(hex: rest)
    }

    func symbol(_ address: UInt64, _ form: SymbolForm, _ out: inout TextBuffer) {
        if form == .probe || form == .probeFunction {
            let isKernel =
                environment.symbols?.isKernel(address, longSize: environment.longSize)
                ?? (address >> (UInt64(environment.longSize) * 8 - 1) == 1)
            if !isKernel {
                out.append("0x")
                out.append(hex: address)
                return
            }
        }
        if let symbols = environment.symbols {
            symbols.append(address, form == .probeFunction ? .bare : form, to: &out)
        } else {
            out.append("0x")
            out.append(hex: address)
        }
    }
}
