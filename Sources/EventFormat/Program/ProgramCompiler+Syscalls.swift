/// System call events: kernel/trace/trace_syscalls.c, `print_syscall_enter` and `print_syscall_exit`.
extension ProgramCompiler {
    mutating func compileSyscall() throws(PrintFormatError) {
        guard let number = format.fields.first else { throw PrintFormatError("no fields") }
        let arguments = format.fields.dropFirst()
        // The kernel's metadata has `sys_openat`. The events are `sys_enter_openat` and `sys_exit_openat`.
        if format.name.hasPrefix("sys_enter") {
            builder.require(number.end)
            try builder.literal("sys\(format.name.dropFirst("sys_enter".count))(")
            if format.hasUserCopies, let text = OpenatStyle.printFormat(from: format.printFormat) {
                let print = try PrintFormat(parsing: text, types: types)
                try compile(print.pieces, arguments: print.arguments)
            } else if try !plainArguments(Array(arguments)) {
                let print = try PrintFormat(parsing: format.printFormat, types: types)
                try compile(print.pieces, arguments: print.arguments)
            }
            try builder.literal(")")
        } else if format.name.hasPrefix("sys_exit"), let result = arguments.first {
            try builder.literal("sys\(format.name.dropFirst("sys_exit".count)) -> 0x")
            try hexadecimal(result)
        } else {
            try compilePrintFormat()
        }
    }

    private mutating func hexadecimal(_ field: EventField) throws(PrintFormatError) {
        var style = FieldStyle()
        style.base = 16
        style.size = UInt8(kernel.longSize)
        try number(.field(field.name, position: 0), style, isPlain: true)
    }

    /// `name: value` for each argument. What the kernel copied from the program follows the pointer to it (since
    /// Linux 6.19).
    ///
    /// - Returns: `false` for a system call that the kernel prints by its print format.
    private mutating func plainArguments(_ fields: [EventField]) throws(PrintFormatError) -> Bool {
        let copies = fields.filter { $0.isDynamic && $0.name.hasPrefix("__") && $0.name.hasSuffix("_val") }
        let values = fields.filter { !$0.isDynamic }
        guard format.printFormat.isEmpty || format.printFormat.hasPlainArguments(values.count) else { return false }
        for (index, field) in values.enumerated() {
            try builder.literal(index == 0 ? "\(field.name): " : ", \(field.name): ")
            guard field.size == kernel.longSize else {
                throw PrintFormatError("argument '\(field.name)' is not a long")
            }
            switch kernel.syscallStyle {
            case .hexadecimal: try hexadecimal(field)
            case .prefixed:
                let kind: LoadKind = kernel.longSize == 8 ? .u64 : .u32
                builder.require(field.end)
                try builder.emit(
                    Instruction(opcode: .syscallArgument, small: kind.rawValue, operand: UInt32(field.offset)))
            }
            guard let copy = copies.first(where: { $0.name == "__\(field.name)_val" }) else { continue }
            if format.printFormat.contains("__get_str(\(copy.name))") {
                try builder.literal(" \"")
                try dynamicText(copy)
                try builder.literal("\"")
            } else {
                try copiedBytes(copy, wanted: index + 1 < values.count ? values[index + 1] : nil)
            }
        }
        return true
    }

    /// The bytes that the kernel copied from the program: ` (31:0a) "1."`. The argument after the pointer says how many
    /// there are; if the copy is shorter, dots follow.
    private mutating func copiedBytes(_ copy: EventField, wanted: EventField?) throws(PrintFormatError) {
        _ = try dynamicSpan(copy)
        if let wanted {
            try integer(.cast(TypeName(words: ["int"], pointers: 0), .field(wanted.name, position: 0)))
        } else {
            try builder.constant(0)
        }
        try builder.emit(Instruction(opcode: .userBytes), pops: 2)
    }
}

extension String {
    /// Whether a system call's print format only casts its arguments. The kernel then does not use the print format.
    fileprivate func hasPlainArguments(_ count: Int) -> Bool {
        var casts = 0
        var rest = self[...]
        while let found = rest.range(ofText: "((unsigned long)(REC->") {
            casts += 1
            rest = rest[found...]
        }
        return casts == count && !contains("__print_flags") && !contains("__print_symbolic")
    }
}

extension StringProtocol where SubSequence == Substring {
    /// The index after the first occurrence of `text`.
    fileprivate func range(ofText text: String) -> Index? {
        firstRange(of: text)?.upperBound
    }
}
