/// The arguments that Linux 6.15 and later record with a function: `print_function_args` of kernel/trace/trace_output.c.
struct FunctionArguments {
    let types: FunctionTypes.View?
    let symbols: KernelSymbols.View?
    let longSize: Int
    let style: ArgumentStyle

    /// btf_kind_str of kernel/bpf/btf.c.
    private static let kinds: [StaticString] = [
        "UNKNOWN", "INT", "PTR", "ARRAY", "STRUCT", "UNION", "ENUM", "FWD", "TYPEDEF", "VOLATILE", "CONST", "RESTRICT",
        "FUNC", "FUNC_PROTO", "VAR", "DATASEC", "FLOAT", "DECL_TAG", "TYPE_TAG", "ENUM64",
    ]

    /// Appends `(lock=0xffffffffa8e7de20, count=2)`. Nothing where the record holds no registers; `(?)` where the types of
    /// the function are not known.
    ///
    /// - Parameter offset: where the registers begin in the record.
    func append(of function: UInt64, _ record: UnsafeRawBufferPointer, from offset: Int, to out: inout TextBuffer) {
        guard let base = record.baseAddress, offset < record.count else { return }
        let registers = (record.count - offset) / longSize
        // FTRACE_REGS_MAX_ARGS is 6 or 8. Less is what pads a record without arguments.
        guard registers >= 4 else { return }
        out.append("(")
        defer { out.append(")") }
        guard let types, let symbols, let match = symbols.find(function) else { return out.append("?") }
        let name = UnsafeRawBufferPointer(start: symbols.text + Int(match.name.offset), count: Int(match.name.length))
        guard let found = types.find(name) else {
            // Types of modules are not known here. A function of the kernel without them is printed without arguments.
            if match.name.moduleLength > 0 { out.append("?") }
            return
        }
        func register(_ index: Int) -> UInt64 {
            base.integer(longSize == 8 ? .u64 : .u32, at: offset + index * longSize)
        }
        var next = 0
        for index in 0..<Int(found.parameterCount) {
            if index > 0 { out.append(", ") }
            guard next < registers else { return out.append("...") }
            let parameter = types.parameters[Int(found.firstParameter) + index]
            out.append(types.text + Int(parameter.nameOffset), count: Int(parameter.nameLength))
            out.append("=")
            switch parameter.form {
            case .signed: out.append(decimal: signed(register(next)))
            case .unsigned where style == .decimal: out.append(decimal: signed(register(next)))
            case .enumeration:
                let value = signed(register(next))
                out.append(decimal: value)
                if style == .named { append(nameOf: value, parameter, types, &out) }
            case .hexadecimal, .unsigned, .unknown:
                if parameter.form == .unknown { out.append("?") }
                out.append("0x")
                out.append(hex: register(next))
            case .aggregate:
                out.append("(")
                out.append(Int(parameter.kind) < Self.kinds.count ? Self.kinds[Int(parameter.kind)] : "UNKNOWN")
                out.append(")[0x")
                out.append(hex: register(next))
                var size = longSize
                while size < Int(parameter.size) {
                    out.append(":")
                    next += 1
                    guard next < registers else { return out.append("...]") }
                    out.append("0x")
                    out.append(hex: register(next))
                    size += longSize
                }
                out.append("]")
            }
            next += 1
        }
    }

    private func signed(_ value: UInt64) -> Int64 {
        longSize == 8 ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
    }

    /// ` [TWA_RESUME]`, if the value has a name.
    private func append(
        nameOf value: Int64, _ parameter: FunctionTypes.Parameter, _ types: FunctionTypes.View,
        _ out: inout TextBuffer
    ) {
        let first = Int(parameter.firstEnumerator)
        for index in first..<first + Int(parameter.enumeratorCount) where Int64(types.enumerators[index].value) == value
        {
            out.append(" [")
            out.append(
                types.text + Int(types.enumerators[index].nameOffset), count: Int(types.enumerators[index].nameLength))
            out.append("]")
            return
        }
    }
}

/// How a kernel prints the arguments of functions.
enum ArgumentStyle: Sendable {
    /// Integers in decimal, in 6.15 and 6.16.
    case decimal
    /// Unsigned ones in hexadecimal, since 6.17.
    case hexadecimal
    /// Values of enumerations with their names, since 7.0.
    case named

    init(_ release: KernelRelease) {
        self = release < KernelRelease(6, 17) ? .decimal : release < KernelRelease(7, 0) ? .hexadecimal : .named
    }
}
