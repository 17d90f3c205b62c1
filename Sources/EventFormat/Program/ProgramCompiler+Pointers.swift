/// The `%p` conversions of lib/vsprintf.c that do not need the kernel's memory.
extension ProgramCompiler {
    mutating func pointer(
        _ letters: String, _ argument: Expression, _ style: FieldStyle, width: Expression?, precision: Expression?
    ) throws(PrintFormatError) {
        switch letters.first {
        case nil, "x", "K": return try address(argument, style)
        case "S", "s", "B", "F", "f":
            try integer(argument)
            let form: SymbolForm =
                letters.first == "S" || letters.first == "F" ? .offset : letters.first == "B" ? .backtrace : .plain
            return try builder.emit(Instruction(opcode: .symbol, small: form.rawValue), pops: 1)
        case "e": return try errorPointer(argument, style)
        case "h": return try hexBytes(letters, argument, style, width)
        case "b": return try bits(letters, argument, style, width)
        case "a": return try physicalAddress(letters, argument)
        default: break
        }
        let opcode: Opcode
        var small: UInt8 = 0
        switch letters.prefix(2) {
        case "I4", "i4":
            opcode = .ip4
            small = AddressForm(letters, isSeparated: letters.first == "I").rawValue
        case "I6", "i6":
            opcode = .ip6
            small = AddressForm(letters, isSeparated: letters.first == "I").rawValue
        case "IS", "iS":
            opcode = .socketAddress
            small = AddressForm(letters, isSeparated: letters.first == "I").rawValue
        default:
            switch letters.first {
            case "M", "m":
                opcode = .mac
                small = letters.hasPrefix("m") ? 1 : letters.contains("F") ? 2 : 0
                if letters.contains("R") { small |= 4 }
            case "U":
                opcode = .uuid
                small = letters == "UL" ? 3 : letters == "Ul" ? 2 : letters == "UB" ? 1 : 0
            default:
                throw PrintFormatError("%p\(letters) needs the kernel's memory")
            }
        }
        try span(argument, for: "%p\(letters)")
        try builder.emit(Instruction(opcode: opcode, small: small), pops: 1)
    }

    /// A bare address. Unless its option `hash-ptr` is off, the kernel prints a hash for `%p`, which cannot be computed
    /// here.
    private mutating func address(_ argument: Expression, _ style: FieldStyle) throws(PrintFormatError) {
        var style = style
        style.base = 16
        style.size = UInt8(kernel.longSize)
        if style.width == 0 {
            style.width = Int32(2 * kernel.longSize)
            style.zeroPadded = true
        }
        try placedAddress(argument, style)
    }

    /// An address, or the kernel's `(____ptrval____)` if it depends on what only the kernel knows, e.g. where it keeps its
    /// page structures.
    private mutating func placedAddress(_ argument: Expression, _ style: FieldStyle) throws(PrintFormatError) {
        var trial = self
        do throws(PrintFormatError) {
            try trial.number(argument, style, isPlain: false)
            self = trial
        } catch {
            // What was tried counts: the limit is on all the work for an event.
            visited = trial.visited
            guard case .conditional(let test, .some(let then), let otherwise) = argument, !dependsOnUnknown(test) else {
                assume("addresses that only the kernel can calculate are not printed: \(error.reason)")
                return try builder.literal("(____ptrval____)")
            }
            try condition(test)
            try branch(then, otherwise) { compiler, value throws(PrintFormatError) in
                try compiler.placedAddress(value, style)
            }
        }
    }

    private mutating func errorPointer(_ argument: Expression, _ style: FieldStyle) throws(PrintFormatError) {
        try integer(argument)
        try builder.emit(Instruction(opcode: .errorName), pops: 1)
    }

    private mutating func hexBytes(
        _ letters: String, _ argument: Expression, _ style: FieldStyle, _ width: Expression?
    ) throws(PrintFormatError) {
        let form: HexForm =
            switch letters {
            case "hC": .colon
            case "hD": .dash
            case "hN": .joined
            default: .spaced
            }
        try span(argument, for: "%ph")
        if let width {
            try integer(width)
        } else {
            try builder.constant(style.width > 0 ? UInt64(style.width) : 1)
        }
        // At most 64 bytes: hex_string of lib/vsprintf.c.
        try builder.emit(Instruction(opcode: .hexBytes, small: form.rawValue, operand: 64), pops: 2)
    }

    private mutating func bits(
        _ letters: String, _ argument: Expression, _ style: FieldStyle, _ width: Expression?
    ) throws(PrintFormatError) {
        try span(argument, for: "%pb")
        if let width {
            try integer(width)
        } else {
            try builder.constant(style.width > 0 ? UInt64(style.width) : 0)
        }
        try builder.emit(Instruction(opcode: .bitList, small: letters == "bl" ? 1 : 0), pops: 2)
    }

    /// `%pa`, `%pad`: a physical or DMA address to which the argument points.
    private mutating func physicalAddress(_ letters: String, _ argument: Expression) throws(PrintFormatError) {
        let type = try span(argument, for: "%pa")
        guard let kind = LoadKind(CType(width: type.width, isSigned: false)) else {
            throw PrintFormatError("%pa of \(type.width) bytes")
        }
        try builder.constant(0)
        try builder.emit(Instruction(opcode: .element, small: kind.rawValue), pops: 2, pushes: 1)
        var style = FieldStyle()
        style.base = 16
        style.isAlternate = true
        style.zeroPadded = true
        style.width = Int32(2 + 2 * type.width)
        let index = builder.style(style)
        try builder.emit(Instruction(opcode: .number, medium: index), pops: 1)
    }
}

/// Flags of the `%pI...` and `%pi...` conversions.
struct AddressForm: OptionSet {
    let rawValue: UInt8
    /// `c`: the shortest form of an IPv6 address.
    static let compressed = AddressForm(rawValue: 1)
    /// `p`: with the port.
    static let port = AddressForm(rawValue: 2)
    /// `f`: with the IPv6 flow label, `s`: with the scope.
    static let flow = AddressForm(rawValue: 4)
    static let scope = AddressForm(rawValue: 8)
    /// `i`: leading zeros for IPv4, no colons for IPv6.
    static let unseparated = AddressForm(rawValue: 16)
    /// `l`: least significant byte first, for IPv4. On a little-endian machine `h` is the same.
    static let reversed = AddressForm(rawValue: 32)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ letters: String, isSeparated: Bool) {
        var form: AddressForm = isSeparated ? [] : .unseparated
        for letter in letters.dropFirst(2) {
            switch letter {
            case "c": form.insert(.compressed)
            case "p": form.insert(.port)
            case "f": form.insert(.flow)
            case "s": form.insert(.scope)
            case "h", "l": form.insert(.reversed)
            default: break
            }
        }
        self = form
    }
}
