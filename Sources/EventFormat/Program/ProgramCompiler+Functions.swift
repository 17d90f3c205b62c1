extension ProgramCompiler {
    /// Functions and macros that return their argument, at least on the supported machines.
    private static let identities: Set<String> = [
        "likely", "unlikely", "pte_val", "pmd_val", "pud_val", "p4d_val", "pgd_val", "native_make_pte",
        "native_make_pmd",
        "native_make_pud", "native_make_p4d", "native_make_pgd", "native_pte_val", "native_pmd_val",
        "le16_to_cpu", "le32_to_cpu", "le64_to_cpu", "cpu_to_le16", "cpu_to_le32", "cpu_to_le64",
        "__le16_to_cpu", "__le32_to_cpu", "__le64_to_cpu", "__cpu_to_le16", "__cpu_to_le32", "__cpu_to_le64",
    ]

    /// Functions that reverse the bytes of their argument, with its width in bytes.
    private static let byteSwaps: [String: Int] = [
        "ntohs": 2, "htons": 2, "ntohl": 4, "htonl": 4, "be16_to_cpu": 2, "be32_to_cpu": 4, "be64_to_cpu": 8,
        "cpu_to_be16": 2, "cpu_to_be32": 4, "cpu_to_be64": 8, "__be16_to_cpu": 2, "__be32_to_cpu": 4,
        "__be64_to_cpu": 8, "__cpu_to_be16": 2, "__cpu_to_be32": 4, "__cpu_to_be64": 8, "__swab16": 2, "__swab32": 4,
        "__swab64": 8, "__fswab16": 2, "__fswab32": 4, "__fswab64": 8, "__builtin_bswap16": 2, "__builtin_bswap32": 4,
        "__builtin_bswap64": 8, "swab16": 2, "swab32": 4, "swab64": 8, "__arch_swab32": 4, "__arch_swab64": 8,
    ]

    mutating func call(
        _ name: String, _ arguments: [Expression], _ position: Int
    ) throws(PrintFormatError) -> ValueType {
        switch name {
        case "__get_dynamic_array", "__get_rel_dynamic_array", "__get_str", "__get_rel_str", "__get_sockaddr",
            "__get_sockaddr_rel", "__get_rel_sockaddr":
            return try dynamicSpan(fieldArgument(name, arguments, position))
        case "__get_dynamic_array_len", "__get_rel_dynamic_array_len":
            let field = try fieldArgument(name, arguments, position)
            guard field.isDynamic else { throw PrintFormatError("field '\(field.name)' is not a dynamic array") }
            builder.require(field.offset + 4)
            try builder.emit(
                Instruction(opcode: .dynamicLength, small: field.relativeFlag, operand: UInt32(field.offset)), pushes: 1
            )
            return .integer(.int)
        case "__builtin_expect":
            guard let first = arguments.first else { break }
            return try value(first)
        case "__builtin_choose_expr":
            guard arguments.count == 3 else { break }
            return try conditional(arguments[0], arguments[1], arguments[2])
        case "__builtin_constant_p":
            try builder.constant(0)
            return .integer(.int)
        case "__trace_time":
            try builder.emit(Instruction(opcode: .timestamp), pushes: 1)
            return .integer(.u64)
        case "jiffies_to_msecs", "jiffies_to_usecs":
            guard arguments.count == 1 else { break }
            return try jiffies(arguments[0], perSecond: name == "jiffies_to_msecs" ? 1000 : 1_000_000)
        case "__print_ns_to_secs", "__print_ns_without_secs":
            guard arguments.count == 1 else { break }
            try integer(arguments[0])
            try builder.constant(1_000_000_000)
            try builder.arithmetic(name == "__print_ns_to_secs" ? .divide : .remainder)
            return .integer(name == "__print_ns_to_secs" ? .u64 : .unsignedInt)
        default:
            if let type = try division(name, arguments) { return .integer(type) }
            if let type = try logarithm(name, arguments) { return .integer(type) }
            if let type = try pointerLoad(name, arguments) { return .integer(type) }
        }
        if arguments.count == 1 {
            if Self.identities.contains(name) { return try value(arguments[0]) }
            if let width = Self.byteSwaps[name] {
                let type = CType(width: width, isSigned: false)
                try integer(arguments[0])
                try builder.convert(to: type)
                try builder.emit(Instruction(opcode: .swapBytes, small: UInt8(width)))
                return .integer(type)
            }
        }
        throw PrintFormatError("unknown function '\(name)'", at: position)
    }

    /// The field whose name is the only argument, as in `__get_str(name)`.
    func fieldArgument(
        _ function: String, _ arguments: [Expression], _ position: Int
    ) throws(PrintFormatError) -> EventField {
        guard case .identifier(let name, _) = arguments.first, arguments.count == 1 else {
            throw PrintFormatError("\(function) needs the name of a field", at: position)
        }
        // Some events have a plain field of the same name, which `REC->` means.
        if let field = format.fields.first(where: { $0.name == name && $0.isDynamic }) { return field }
        return try field(name, at: position)
    }

    /// kernel/time/time.c: the conversion is exact if the tick rate divides the unit's rate. Otherwise it rounds down.
    private mutating func jiffies(
        _ argument: Expression, perSecond unit: UInt64
    ) throws(PrintFormatError) -> ValueType {
        try integer(argument)
        let ticks = try ticksPerSecond()
        if ticks <= unit && unit % ticks == 0 {
            try builder.constant(unit / ticks)
            try builder.arithmetic(.multiply)
        } else {
            try builder.constant(unit)
            try builder.arithmetic(.multiply)
            try builder.constant(ticks)
            try builder.arithmetic(.divide)
        }
        try builder.convert(to: .unsignedInt)
        return .integer(.unsignedInt)
    }
}
