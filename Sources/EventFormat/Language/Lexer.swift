/// Splits C source into tokens. It knows as much of C as print formats use. Everything else is an error.
struct Lexer {
    static let maximumTokens = 100_000

    private let text: [UInt8]
    private var position = 0
    private let longSize: Int

    private init(_ text: [UInt8], longSize: Int) {
        self.text = text
        self.longSize = longSize
    }

    static func tokens(of text: String, longSize: Int) throws(PrintFormatError) -> [Token] {
        var lexer = Lexer(Array(text.utf8), longSize: longSize)
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
            guard tokens.count < maximumTokens else { throw PrintFormatError("more than \(maximumTokens) tokens") }
        }
    }

    private func byte(_ ahead: Int = 0) -> UInt8 {
        position + ahead < text.count ? text[position + ahead] : 0
    }

    private mutating func next() throws(PrintFormatError) -> Token {
        while position < text.count, text[position] <= 32 { position += 1 }
        let start = position
        guard position < text.count else { return Token(kind: .end, position: start) }
        let kind: Token.Kind =
            switch byte() {
            case UInt8(ascii: "\""): .string(try string())
            case UInt8(ascii: "'"): .integer(try character(), .int)
            case UInt8(ascii: "0")...UInt8(ascii: "9"): try number()
            case let first where Self.isWord(first): .identifier(word())
            default: .symbol(try symbol())
            }
        return Token(kind: kind, position: start)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
            true
        default: false
        }
    }

    private mutating func word() -> String {
        let start = position
        while position < text.count, Self.isWord(text[position]) { position += 1 }
        return String(decoding: text[start..<position], as: UTF8.self)
    }

    private mutating func symbol() throws(PrintFormatError) -> Token.Symbol {
        let first = Character(UnicodeScalar(byte()))
        let second = Character(UnicodeScalar(byte(1)))
        let pair: Token.Symbol? =
            switch (first, second) {
            case ("-", ">"): .arrow
            case ("<", "<"): .shiftLeft
            case (">", ">"): .shiftRight
            case ("<", "="): .lessEqual
            case (">", "="): .greaterEqual
            case ("=", "="): .equal
            case ("!", "="): .notEqual
            case ("&", "&"): .and
            case ("|", "|"): .or
            default: nil
            }
        if let pair {
            position += 2
            return pair
        }
        guard let symbol = Token.Symbol(rawValue: String(first)) else {
            throw PrintFormatError("unexpected byte 0x\(String(byte(), radix: 16))", at: position)
        }
        position += 1
        return symbol
    }

    private mutating func number() throws(PrintFormatError) -> Token.Kind {
        let start = position
        let literal = word().lowercased()
        var digits = Substring(literal)
        var suffix = Substring()
        while let last = digits.last, last == "u" || last == "l", digits.count > 1 {
            suffix = digits[digits.index(before: digits.endIndex)...] + suffix
            digits = digits.dropLast()
        }
        let radix =
            digits.hasPrefix("0x")
            ? 16 : digits.hasPrefix("0b") ? 2 : digits.hasPrefix("0") && digits.count > 1 ? 8 : 10
        let body = radix == 16 || radix == 2 ? digits.dropFirst(2) : digits
        guard let value = UInt64(body, radix: radix) else {
            throw PrintFormatError("'\(literal)' is not a number", at: start)
        }
        return .integer(value, type(of: value, suffix: String(suffix), isDecimal: radix == 10))
    }

    /// C11 6.4.4.1: the first type in the list that can hold the value.
    private func type(of value: UInt64, suffix: String, isDecimal: Bool) -> CType {
        let isUnsigned = suffix.contains("u")
        let longs = suffix.count { $0 == "l" }
        let least = longs == 0 ? 4 : longs == 1 ? longSize : 8
        for width in [4, 8] where width >= least {
            let signedLimit = width == 4 ? UInt64(Int32.max) : UInt64(Int64.max)
            if !isUnsigned && value <= signedLimit { return CType(width: width, isSigned: true) }
            let unsignedLimit = width == 4 ? UInt64(UInt32.max) : UInt64.max
            if (isUnsigned || !isDecimal) && value <= unsignedLimit { return CType(width: width, isSigned: false) }
        }
        return CType(width: 8, isSigned: false)
    }

    private mutating func character() throws(PrintFormatError) -> UInt64 {
        let start = position
        position += 1
        let value: UInt8
        if byte() == UInt8(ascii: "\\") {
            value = escape()
        } else {
            value = byte()
            position += 1
        }
        guard byte() == UInt8(ascii: "'") else { throw PrintFormatError("unterminated character", at: start) }
        position += 1
        return UInt64(value)
    }

    private mutating func string() throws(PrintFormatError) -> [UInt8] {
        let start = position
        position += 1
        var bytes: [UInt8] = []
        while position < text.count {
            switch byte() {
            case UInt8(ascii: "\""):
                position += 1
                return bytes
            case UInt8(ascii: "\\"):
                bytes.append(escape())
            case let other:
                bytes.append(other)
                position += 1
            }
        }
        throw PrintFormatError("unterminated string", at: start)
    }

    /// Reads an escape sequence and moves past it.
    private mutating func escape() -> UInt8 {
        let letter = byte(1)
        position += 2
        switch letter {
        case UInt8(ascii: "n"): return 10
        case UInt8(ascii: "t"): return 9
        case UInt8(ascii: "r"): return 13
        case UInt8(ascii: "a"): return 7
        case UInt8(ascii: "b"): return 8
        case UInt8(ascii: "f"): return 12
        case UInt8(ascii: "v"): return 11
        case UInt8(ascii: "e"): return 27
        case UInt8(ascii: "x"): return digits(radix: 16, atMost: 2)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            position -= 1
            return digits(radix: 8, atMost: 3)
        default: return letter
        }
    }

    private mutating func digits(radix: UInt8, atMost limit: Int) -> UInt8 {
        var value: UInt8 = 0
        for _ in 0..<limit {
            guard let digit = Character(UnicodeScalar(byte())).hexDigitValue, digit < radix else { break }
            value = value &* radix &+ UInt8(digit)
            position += 1
        }
        return value
    }
}
