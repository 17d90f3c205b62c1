/// `bstr_printf` of lib/vsprintf.c: the kernel packed the format's arguments into words when it recorded the event.
struct PackedArguments {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next integer of `width` bytes. An integer of eight bytes is aligned to four.
    mutating func integer(width: Int) -> UInt64? {
        let alignment = min(width, 4)
        position = (position + alignment - 1) & ~(alignment - 1)
        guard let kind = LoadKind(CType(width: width, isSigned: false)), let base = bytes.baseAddress,
            position + width <= bytes.count
        else { return nil }
        defer { position += width }
        return base.integer(kind, at: position)
    }

    /// The next NUL-terminated string.
    mutating func string() -> UnsafeRawBufferPointer? {
        guard position < bytes.count else { return nil }
        let start = position
        while position < bytes.count, bytes[position] != 0 { position += 1 }
        defer { position += 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }
}

extension Machine {
    func binaryPrintf(_ step: Instruction, _ out: inout TextBuffer) {
        guard let base = record.baseAddress else { return }
        let longSize = environment.longSize
        let address = base.integer(longSize == 8 ? .u64 : .u32, at: Int(step.operand))
        guard let format = environment.strings.find(address) else {
            out.append("(0x")
            out.append(hex: address, digits: longSize * 2)
            out.append(")")
            return
        }
        var arguments = PackedArguments(
            UnsafeRawBufferPointer(rebasing: record[min(Int(step.immediate), record.count)...]))
        var parser = ConversionParser(format, longSize: longSize)
        do throws(PrintFormatError) {
            while let piece = try parser.next() {
                switch piece {
                case .literal(let range):
                    out.append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(format)[range]))
                case .conversion(let conversion):
                    guard convert(conversion, &arguments, &out) else { return out.append("<truncated>") }
                }
            }
        } catch {
            out.append("<bad format>")
        }
    }

    /// Appends one conversion. Returns `false` if there are no arguments left.
    private func convert(
        _ conversion: Conversion, _ arguments: inout PackedArguments, _ out: inout TextBuffer
    ) -> Bool {
        var style = FieldStyle()
        style.isLeft = conversion.isLeft
        style.plus = conversion.plus
        style.space = conversion.space
        style.isAlternate = conversion.isAlternate
        style.zeroPadded = conversion.zeroPadded
        switch conversion.width {
        case .none: break
        case .fixed(let width): style.width = Int32(width)
        case .argument:
            guard let value = arguments.integer(width: 4) else { return false }
            let width = Int32(truncatingIfNeeded: value)
            if width < 0 { style.isLeft = true }
            style.width = Int32(min(width.magnitude, UInt32(Conversion.maximumWidth)))
        }
        switch conversion.precision {
        case .none: break
        case .fixed(let precision): style.precision = Int32(precision)
        case .argument:
            guard let value = arguments.integer(width: 4) else { return false }
            style.precision = max(0, Int32(truncatingIfNeeded: value))
        }
        let start = out.count
        switch conversion.kind {
        case .integer(let base, let isSigned, let isUpper, let width):
            guard let value = arguments.integer(width: width) else { return false }
            style.base = UInt8(base)
            style.isSigned = isSigned
            style.isUpper = isUpper
            style.size = UInt8(width)
            out.append(style.cut(value), style)
            return true
        case .character:
            guard let value = arguments.integer(width: 1) else { return false }
            out.append(UInt8(truncatingIfNeeded: value))
        case .string:
            guard let string = arguments.string() else { return false }
            out.append(string)
        case .pointer(let letters):
            guard appendPointer(letters, style, &arguments, &out) else { return false }
            return true
        }
        if style.precision >= 0 { out.truncate(to: min(out.count, start + Int(style.precision))) }
        let missing = Int(style.width) - (out.count - start)
        if style.isLeft {
            out.append(repeating: 32, count: missing)
        } else {
            out.insert(repeating: 32, count: missing, at: start)
        }
        return true
    }

    /// The kernel packed addresses and symbols as numbers, and every other `%p` as text.
    private func appendPointer(
        _ letters: String, _ style: FieldStyle, _ arguments: inout PackedArguments, _ out: inout TextBuffer
    ) -> Bool {
        let longSize = environment.longSize
        switch letters.utf8.first {
        case nil, UInt8(ascii: "x"), UInt8(ascii: "K"):
            guard let value = arguments.integer(width: longSize) else { return false }
            out.append(hex: value, digits: longSize * 2)
        case UInt8(ascii: "S"), UInt8(ascii: "s"), UInt8(ascii: "B"):
            guard let value = arguments.integer(width: longSize) else { return false }
            let form: SymbolForm =
                letters.utf8.first == UInt8(ascii: "S")
                ? .offset : letters.utf8.first == UInt8(ascii: "B") ? .backtrace : .plain
            if let symbols = environment.symbols {
                symbols.append(value, form, to: &out)
            } else {
                out.append("0x")
                out.append(hex: value)
            }
        case UInt8(ascii: "e"):
            guard let value = arguments.integer(width: longSize) else { return false }
            errorName(value, &out)
        default:
            guard let string = arguments.string() else { return false }
            out.append(string)
        }
        return true
    }
}
