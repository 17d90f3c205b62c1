/// One conversion of a printf format as in the kernel's lib/vsprintf.c, or the text between two conversions.
enum FormatPiece: Equatable {
    case literal([UInt8])
    case conversion(Conversion)
}

struct Conversion: Equatable {
    enum Amount: Equatable {
        case none
        case fixed(Int)
        /// `*`: the next argument.
        case argument
    }

    enum Kind: Equatable {
        /// `%d`, `%u`, `%x`, `%X`, `%o` of a value of `width` bytes.
        case integer(base: Int, isSigned: Bool, isUpper: Bool, width: Int)
        case character
        case string
        /// `%p` and the letters after it, e.g. `I6c`.
        case pointer(String)
    }

    var kind: Kind
    var isLeft = false
    var plus = false
    var space = false
    var isAlternate = false
    var zeroPadded = false
    var width: Amount = .none
    var precision: Amount = .none

    /// The largest field width. No kernel format has a larger one, and a hostile format could use it to exhaust memory.
    static let maximumWidth = 1024

    /// Whether it prints only its value, without padding or prefix.
    var isPlain: Bool {
        !isLeft && !plus && !space && !isAlternate && !zeroPadded && width == .none && precision == .none
    }
}

/// Splits a printf format into literals and conversions, one at a time and without allocating.
struct ConversionParser {
    enum Step {
        case literal(Range<Int>)
        case conversion(Conversion)
    }

    private let text: UnsafeBufferPointer<UInt8>
    private var position = 0
    private let longSize: Int

    static func pieces(of text: [UInt8], longSize: Int) throws(PrintFormatError) -> [FormatPiece] {
        var pieces: [FormatPiece] = []
        var failure: PrintFormatError?
        text.withUnsafeBufferPointer { bytes in
            var parser = ConversionParser(bytes, longSize: longSize)
            do throws(PrintFormatError) {
                while let step = try parser.next() {
                    switch step {
                    case .conversion(let conversion): pieces.append(.conversion(conversion))
                    case .literal(let range):
                        guard case .literal(let before) = pieces.last else {
                            pieces.append(.literal(Array(bytes[range])))
                            continue
                        }
                        pieces[pieces.count - 1] = .literal(before + bytes[range])
                    }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return pieces
    }

    init(_ text: UnsafeBufferPointer<UInt8>, longSize: Int) {
        self.text = text
        self.longSize = longSize
    }

    /// The next piece, or `nil` at the end.
    mutating func next() throws(PrintFormatError) -> Step? {
        let start = position
        while position < text.count, text[position] != UInt8(ascii: "%") { position += 1 }
        if position > start { return .literal(start..<position) }
        guard position < text.count else { return nil }
        position += 1
        guard peek == UInt8(ascii: "%") else { return .conversion(try conversion()) }
        position += 1
        return .literal(start..<start + 1)
    }

    private var peek: UInt8 { position < text.count ? text[position] : 0 }

    private mutating func accept(_ letter: Character) -> Bool {
        guard peek == letter.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func amount() throws(PrintFormatError) -> Conversion.Amount {
        if accept("*") { return .argument }
        var value = 0
        let start = position
        while case let digit = peek, digit >= 48, digit <= 57 {
            value = value * 10 + Int(digit - 48)
            position += 1
            guard value <= Conversion.maximumWidth else {
                throw PrintFormatError("a field wider than \(Conversion.maximumWidth)")
            }
        }
        return position > start ? .fixed(value) : .none
    }

    private mutating func conversion() throws(PrintFormatError) -> Conversion {
        var result = Conversion(kind: .string)
        flags: while true {
            switch peek {
            case UInt8(ascii: "-"): result.isLeft = true
            case UInt8(ascii: "+"): result.plus = true
            case UInt8(ascii: " "): result.space = true
            case UInt8(ascii: "#"): result.isAlternate = true
            case UInt8(ascii: "0"): result.zeroPadded = true
            default: break flags
            }
            position += 1
        }
        result.width = try amount()
        if accept(".") {
            result.precision = try amount()
            if result.precision == .none { result.precision = .fixed(0) }
        }
        let width = lengthModifier()
        let letter = peek
        position += 1
        switch letter {
        case UInt8(ascii: "d"), UInt8(ascii: "i"):
            result.kind = .integer(base: 10, isSigned: true, isUpper: false, width: width)
        case UInt8(ascii: "u"): result.kind = .integer(base: 10, isSigned: false, isUpper: false, width: width)
        case UInt8(ascii: "x"): result.kind = .integer(base: 16, isSigned: false, isUpper: false, width: width)
        case UInt8(ascii: "X"): result.kind = .integer(base: 16, isSigned: false, isUpper: true, width: width)
        case UInt8(ascii: "o"): result.kind = .integer(base: 8, isSigned: false, isUpper: false, width: width)
        case UInt8(ascii: "c"): result.kind = .character
        case UInt8(ascii: "s"): result.kind = .string
        case UInt8(ascii: "p"): result.kind = .pointer(pointerLetters())
        default:
            throw PrintFormatError("unknown conversion '%\(String(UnicodeScalar(letter)))'")
        }
        return result
    }

    private mutating func lengthModifier() -> Int {
        if accept("h") { return accept("h") ? 1 : 2 }
        if accept("l") { return accept("l") ? 8 : longSize }
        if accept("L") || accept("q") || accept("j") { return 8 }
        if accept("z") || accept("Z") || accept("t") { return longSize }
        return 4
    }

    /// The kernel accepts any letters and digits after `%p`. Only those that its `pointer()` knows have an effect.
    private mutating func pointerLetters() -> String {
        let start = position
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        while isAlphanumeric(peek) { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }
}
