/// Functions of the kernel that only calculate, so that a print format with them needs nothing but its record.
extension ProgramCompiler {
    /// The types of dividend, divisor and quotient: include/linux/math64.h, include/linux/ktime.h. Nil where it is that
    /// of the operand.
    private static let divisions: [String: (CType, CType, CType)] = [
        "div_s64": (.s64, .int, .s64), "div64_s64": (.s64, .s64, .s64), "div_u64": (.u64, .unsignedInt, .u64),
        "div64_u64": (.u64, .u64, .u64), "div64_ul": (.u64, .u64, .u64), "div64_long": (.s64, .s64, .s64),
        "ktime_divns": (.s64, .s64, .s64),
    ]

    /// ns in a unit of time: `ktime_to_us`.
    private static let units: [String: UInt64] = [
        "ktime_to_ns": 1, "ktime_to_us": 1000, "ktime_to_ms": 1_000_000, "ktime_to_sec": 1_000_000_000,
    ]

    /// A quotient. Nil for any other function.
    mutating func division(_ name: String, _ arguments: [Expression]) throws(PrintFormatError) -> CType? {
        if let (dividend, divisor, quotient) = Self.divisions[name], arguments.count == 2 {
            try integer(.cast(dividend, arguments[0]))
            try integer(.cast(divisor, arguments[1]))
            try builder.arithmetic(quotient.isSigned ? .divideSigned : .divide)
            return quotient
        }
        if let unit = Self.units[name], arguments.count == 1 {
            try integer(.cast(.s64, arguments[0]))
            guard unit > 1 else { return .s64 }
            try builder.constant(unit)
            try builder.arithmetic(.divideSigned)
            return .s64
        }
        return nil
    }

    /// The number of the highest bit that is set (include/linux/log2.h). Nil for any other function.
    mutating func logarithm(_ name: String, _ arguments: [Expression]) throws(PrintFormatError) -> CType? {
        guard arguments.count == 1 else { return nil }
        switch name {
        case "__ilog2_u32", "__ilog2_u64", "ilog2":
            try integer(.cast(name == "__ilog2_u32" ? .unsignedInt : .u64, arguments[0]))
        case "__order_base_2", "order_base_2":
            // The order of the next power of two. The bit of 0 is -1, so that of 1 is 0.
            try integer(.cast(.u64, .binary(.subtract, arguments[0], .integer(1, .int))))
            try builder.emit(Instruction(opcode: .highestBit))
            try builder.constant(1)
            try builder.arithmetic(.add)
            return .int
        default: return nil
        }
        try builder.emit(Instruction(opcode: .highestBit))
        return .int
    }

    /// A number of stated byte order behind a pointer into the record: `__le16_to_cpup((__le16 *)__get_dynamic_array(x))`,
    /// `get_unaligned_be32(&REC->x)`. Nil for any other function.
    mutating func pointerLoad(_ name: String, _ arguments: [Expression]) throws(PrintFormatError) -> CType? {
        guard arguments.count == 1, let (width, isSwapped) = Self.load(name) else { return nil }
        let type = CType(width: width, isSigned: false)
        guard let kind = LoadKind(type) else { return nil }
        try span(arguments[0], for: name)
        try builder.constant(0)
        try builder.emit(Instruction(opcode: .element, small: kind.rawValue), pops: 2, pushes: 1)
        if isSwapped { try builder.emit(Instruction(opcode: .swapBytes, small: UInt8(width))) }
        return type
    }

    /// Width in bytes, and whether the bytes are in the other order. Records are little-endian.
    private static func load(_ name: String) -> (width: Int, isSwapped: Bool)? {
        for (bits, width) in [("16", 2), ("32", 4), ("64", 8)] {
            for (order, isSwapped) in [("le", false), ("be", true)] {
                let number = order + bits
                if ["\(number)_to_cpup", "__\(number)_to_cpup", "get_unaligned_\(number)"].contains(name) {
                    return (width, isSwapped)
                }
            }
        }
        return nil
    }
}

extension Expression {
    /// `(type)operand`.
    fileprivate static func cast(_ type: CType, _ operand: Expression) -> Expression {
        let name = (type.isSigned ? "s" : "u") + "\(8 * type.width)"
        return .cast(TypeName(words: [name], pointers: 0), operand)
    }
}
