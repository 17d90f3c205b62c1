extension ProgramCompiler {
    /// Compiles an expression that `%s` prints.
    mutating func text(_ expression: Expression) throws(PrintFormatError) {
        try visit()
        switch expression {
        case .string(let bytes): try builder.literal(bytes.prefix { $0 != 0 }.map { $0 })
        case .cast(_, let operand): try text(operand)
        case .conditional(let test, let then, let otherwise): try chooseText(test, then, otherwise)
        case .field(let name, let position): try fieldText(field(name, at: position))
        case .call(let name, let arguments, let position):
            if try !textFunction(name, arguments, position) { try valueText(expression) }
        case .statements(let statements): try statementText(statements)
        case .identifier(let name, _):
            guard case .text(let calls) = locals[name] else { return try valueText(expression) }
            for call in calls { try sequenceCall(call) }
        default: try valueText(expression)
        }
    }

    private mutating func valueText(_ expression: Expression) throws(PrintFormatError) {
        if case .span = try value(expression) {
            try builder.emit(Instruction(opcode: .spanString), pops: 1)
        } else {
            try builder.emit(Instruction(opcode: .kernelString), pops: 1)
        }
    }

    private mutating func chooseText(
        _ test: Expression, _ then: Expression?, _ otherwise: Expression
    ) throws(PrintFormatError) {
        let start = builder.count
        try condition(test)
        if let known = builder.constantValue(since: start) {
            builder.retract(to: start, values: 1)
            return try text(known == 0 ? otherwise : then ?? test)
        }
        try branch(then ?? test, otherwise) { compiler, value throws(PrintFormatError) in try compiler.text(value) }
    }

    private mutating func fieldText(_ field: EventField) throws(PrintFormatError) {
        switch field.kind {
        case .string:
            builder.require(field.end)
            try builder.emit(
                Instruction(opcode: .fixedString, operand: UInt32(field.offset), immediate: UInt64(field.size)))
        case .dynamic, .relativeDynamic: try dynamicText(field)
        case .trailing:
            builder.require(field.offset)
            try builder.emit(Instruction(opcode: .trailingString, operand: UInt32(field.offset)))
        case .integer, .pointer:
            _ = try fieldValue(field)
            try builder.emit(Instruction(opcode: .kernelString), pops: 1)
        case .array, .opaque:
            _ = try fieldValue(field)
            try builder.emit(Instruction(opcode: .spanString), pops: 1)
        }
    }

    mutating func dynamicText(_ field: EventField) throws(PrintFormatError) {
        guard field.isDynamic else { throw PrintFormatError("field '\(field.name)' is not a dynamic array") }
        builder.require(field.offset + 4)
        try builder.emit(
            Instruction(opcode: .dynamicString, small: field.relativeFlag, operand: UInt32(field.offset)))
    }

    /// Compiles a function whose result is a string. Returns `false` for any other function.
    private mutating func textFunction(
        _ name: String, _ arguments: [Expression], _ position: Int
    ) throws(PrintFormatError) -> Bool {
        switch name {
        case "__get_str", "__get_rel_str": try dynamicText(fieldArgument(name, arguments, position))
        case "__print_flags", "__print_flags_u64":
            guard arguments.count >= 2, case .string(let delimiter) = arguments[1] else {
                throw PrintFormatError("\(name) needs a value, a delimiter and a table", at: position)
            }
            try names(arguments[0], Array(arguments.dropFirst(2)), delimiter: delimiter, opcode: .flags)
        case "__print_symbolic", "__print_symbolic_u64":
            guard let first = arguments.first else { throw PrintFormatError("\(name) needs a value", at: position) }
            try names(first, Array(arguments.dropFirst()), delimiter: [], opcode: .symbolic)
        case "__print_hex", "__print_hex_str":
            guard arguments.count == 2 else { throw PrintFormatError("\(name) needs 2 arguments", at: position) }
            try span(arguments[0], for: name)
            try integer(arguments[1])
            let form: HexForm = name == "__print_hex" ? .spaced : .joined
            try builder.emit(Instruction(opcode: .hexBytes, small: form.rawValue), pops: 2)
        case "ftrace_print_hex_seq", "trace_print_hex_seq":
            // What __print_hex was expanded to in the formats of Linux 3: the first argument is the output.
            guard arguments.count >= 3 else { throw PrintFormatError("\(name) needs 3 arguments", at: position) }
            try span(arguments[1], for: name)
            try integer(arguments[2])
            try builder.emit(Instruction(opcode: .hexBytes, small: HexForm.spaced.rawValue), pops: 2)
        case "__print_array":
            guard arguments.count == 3 else { throw PrintFormatError("\(name) needs 3 arguments", at: position) }
            try span(arguments[0], for: name)
            try integer(arguments[1])
            try integer(arguments[2])
            try builder.emit(Instruction(opcode: .array), pops: 3)
        case "__print_dynamic_array": try dynamicArray(arguments, position)
        case "__print_hex_dump": try hexDump(arguments, position)
        case "__get_bitmask", "__get_rel_bitmask", "__get_cpumask", "__get_rel_cpumask":
            _ = try dynamicSpan(fieldArgument(name, arguments, position))
            try builder.emit(Instruction(opcode: .bitmask), pops: 1)
        default:
            if try traceFunction(name, arguments, position) { return true }
            return try subsystemFunction(name, arguments)
        }
        return true
    }

    private mutating func dynamicArray(_ arguments: [Expression], _ position: Int) throws(PrintFormatError) {
        guard case .identifier(let name, _) = arguments.first, arguments.count == 2 else {
            throw PrintFormatError("__print_dynamic_array needs a field and a size", at: position)
        }
        let field = try field(name, at: position)
        _ = try dynamicSpan(field)
        // count = length / size, as in the macro of stage3_trace_output.h.
        try builder.emit(
            Instruction(opcode: .dynamicLength, small: field.relativeFlag, operand: UInt32(field.offset)), pushes: 1)
        try integer(arguments[1])
        try builder.arithmetic(.divide)
        try integer(arguments[1])
        try builder.emit(Instruction(opcode: .array), pops: 3)
    }

    private mutating func hexDump(_ arguments: [Expression], _ position: Int) throws(PrintFormatError) {
        guard arguments.count == 7, case .string(let prefix) = arguments[0] else {
            throw PrintFormatError("__print_hex_dump needs 7 arguments", at: position)
        }
        for argument in arguments[1...3] { try integer(argument) }
        try span(arguments[4], for: "__print_hex_dump")
        for argument in arguments[5...6] { try integer(argument) }
        let (offset, length) = try builder.pool(prefix)
        try builder.emit(Instruction(opcode: .hexDump, operand: offset, immediate: UInt64(length)), pops: 6)
    }

    /// `__print_flags` and `__print_symbolic`. The tables must be constant.
    private mutating func names(
        _ subject: Expression, _ table: [Expression], delimiter: [UInt8], opcode: Opcode
    ) throws(PrintFormatError) {
        var names: [(value: UInt64, name: [UInt8])] = []
        for entry in table {
            guard case .braces(let pair) = entry, pair.count <= 2 else {
                throw PrintFormatError("a table entry that is not '{ value, \"name\" }'")
            }
            guard pair.count == 2, case .string(let name) = pair[1] else {
                // An entry without a name ends the table: { -1, NULL }, or { } in an empty table.
                if pair.isEmpty { break }
                if pair.count == 2, try constant(pair[1]) == 0 { break }
                throw PrintFormatError("a table entry whose name is not a string")
            }
            guard let key = try key(pair[0]) else { continue }
            names.append((longValue(key), name))
        }
        let type = try integer(subject)
        if kernel.longSize == 4 && type.width == 8 { try builder.convert(to: .unsignedInt) }
        if kernel.longSize == 4 && type.isSigned { try builder.convert(to: .unsignedInt) }
        let index = try builder.table(names, delimiter: delimiter)
        try builder.emit(Instruction(opcode: opcode, operand: index), pops: 1)
    }

    /// The value of a table's entry. Nil if it depends on a name whose value is not known: that entry is left out, and
    /// its value printed as a number.
    private mutating func key(_ expression: Expression) throws(PrintFormatError) -> UInt64? {
        let before = builder
        do throws(PrintFormatError) {
            guard let key = try constant(expression) else {
                throw PrintFormatError("a table entry whose value is not constant")
            }
            return key
        } catch {
            guard let name = error.unknownName else { throw error }
            builder = before
            assume("the value of '\(name)' is not known: it is printed as a number")
            return nil
        }
    }

    private func longValue(_ value: UInt64) -> UInt64 {
        kernel.longSize == 4 ? value & 0xffff_ffff : value
    }

    /// Functions of single subsystems that only select one of several strings.
    private mutating func subsystemFunction(_ name: String, _ arguments: [Expression]) throws(PrintFormatError) -> Bool
    {
        switch (name, arguments.count) {
        case ("mc_event_error_type", 1):
            // include/linux/edac.h
            let names: [(UInt64, String)] = [(0, "Corrected"), (1, "Uncorrected"), (2, "Deferred"), (3, "Fatal")]
            try integer(arguments[0])
            let slot = try builder.newLocal()
            try builder.emit(Instruction(opcode: .storeLocal, operand: UInt32(slot)), pops: 1)
            var ends: [Int] = []
            for (value, text) in names {
                try builder.emit(Instruction(opcode: .loadLocal, operand: UInt32(slot)), pushes: 1)
                try builder.constant(value)
                try builder.arithmetic(.equal)
                let next = try builder.jump(.jumpIfZero)
                try builder.literal(text)
                ends.append(try builder.jump(.jump))
                builder.land(next)
            }
            try builder.literal("Info")
            for end in ends { builder.land(end) }
        case ("nvme_trace_disk_name", 2):
            // drivers/nvme/host/trace.c: "disk=%s, " if there is a name.
            guard case .field(let disk, let position) = arguments[1] else { return false }
            let field = try field(disk, at: position)
            guard field.kind == .string else { return false }
            try builder.load(.u8, at: field.offset)
            let end = try builder.jump(.jumpIfZero)
            try builder.literal("disk=")
            try fieldText(field)
            try builder.literal(", ")
            builder.land(end)
        default: return false
        }
        return true
    }
}
