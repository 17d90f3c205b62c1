/// A parsed filter: Documentation/trace/events.rst, section "Filter rules".
indirect enum FilterSyntax {
    case test(FilterTest)
    case not(FilterSyntax)
    case and(FilterSyntax, FilterSyntax)
    case or(FilterSyntax, FilterSyntax)
}

/// `field operator value`.
struct FilterTest {
    enum Operator: String, CaseIterable {
        // Longer operators first, because the parser uses the first that matches.
        case equal = "==", notEqual = "!=", lessEqual = "<=", greaterEqual = ">=", less = "<", greater = ">"
        case matches = "~", hasBits = "&"
    }

    let field: String
    let fieldPosition: Int
    let op: Operator
    let opPosition: Int
    let value: String
    let isQuoted: Bool
    let valuePosition: Int
}

/// Parses the kernel's filter language by recursive descent, with bounded depth.
struct FilterParser {
    static let maximumDepth = 100
    static let maximumTests = 1000

    private let text: [UInt8]
    private let filter: String
    private var position = 0
    private var depth = 0
    private var tests = 0

    static func parse(_ filter: String) throws(EventPredicateError) -> FilterSyntax {
        var parser = FilterParser(filter)
        let syntax = try parser.disjunction()
        parser.skipBlanks()
        guard parser.position == parser.text.count else { throw parser.error("'&&', '||' or the end expected") }
        return syntax
    }

    private init(_ filter: String) {
        self.filter = filter
        text = Array(filter.utf8)
    }

    private func error(_ reason: String, at location: Int? = nil) -> EventPredicateError {
        EventPredicateError(reason: reason, position: location ?? position, filter: filter, fields: [])
    }

    private var current: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 32 || byte == 9 || byte == 10 { position += 1 }
    }

    private mutating func accept(_ token: String) -> Bool {
        skipBlanks()
        guard text[position...].starts(with: token.utf8) else { return false }
        position += token.utf8.count
        return true
    }

    private mutating func disjunction() throws(EventPredicateError) -> FilterSyntax {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw error("nested too deep") }
        var left = try conjunction()
        while accept("||") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(EventPredicateError) -> FilterSyntax {
        var left = try factor()
        while accept("&&") { left = .and(left, try factor()) }
        return left
    }

    private mutating func factor() throws(EventPredicateError) -> FilterSyntax {
        var isNegated = false
        while accept("!") { isNegated.toggle() }
        let inner: FilterSyntax
        if accept("(") {
            inner = try disjunction()
            guard accept(")") else { throw error("')' expected") }
        } else {
            inner = .test(try test())
        }
        return isNegated ? .not(inner) : inner
    }

    private mutating func test() throws(EventPredicateError) -> FilterTest {
        tests += 1
        guard tests <= Self.maximumTests else { throw error("more than \(Self.maximumTests) comparisons") }
        skipBlanks()
        let fieldPosition = position
        while let byte = current, Self.isWord(byte) || byte == UInt8(ascii: ".") { position += 1 }
        guard position > fieldPosition else { throw error("a field's name expected") }
        let field = String(decoding: text[fieldPosition..<position], as: UTF8.self)
        skipBlanks()
        let opPosition = position
        guard let op = FilterTest.Operator.allCases.first(where: { accept($0.rawValue) }) else {
            throw error("one of == != < <= > >= & ~ expected")
        }
        skipBlanks()
        let valuePosition = position
        let (value, isQuoted) = try value()
        return FilterTest(
            field: field, fieldPosition: fieldPosition, op: op, opPosition: opPosition, value: value,
            isQuoted: isQuoted, valuePosition: valuePosition)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private mutating func value() throws(EventPredicateError) -> (String, isQuoted: Bool) {
        let start = position
        if let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            position += 1
            while let byte = current, byte != quote { position += 1 }
            guard current == quote else { throw error("the quote is not closed", at: start) }
            position += 1
            return (String(decoding: text[start + 1..<position - 1], as: UTF8.self), true)
        }
        // An unquoted value ends before a space, a parenthesis or an operator.
        while let byte = current, byte > 32, ![UInt8(ascii: ")"), UInt8(ascii: "&"), UInt8(ascii: "|")].contains(byte) {
            position += 1
        }
        guard position > start else { throw error("a value expected") }
        return (String(decoding: text[start..<position], as: UTF8.self), false)
    }
}
