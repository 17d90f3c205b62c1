/// Parses C expressions by precedence climbing. Depth is bounded, because the text may come from anywhere.
struct ExpressionParser {
    /// The deepest nesting of the text.
    static let maximumDepth = 200
    /// The largest height of the tree. A chain of operators gives a high tree without nesting.
    static let maximumHeight = 400

    let tokens: [Token]
    var next = 0
    private var depth = 0
    /// Height of the last parsed expression.
    var height = 0
    let types: TypeTable

    init(_ tokens: [Token], types: TypeTable) {
        self.tokens = tokens
        self.types = types
    }

    var current: Token { tokens[min(next, tokens.count - 1)] }
    var isAtEnd: Bool { current.kind == .end }

    func peek(_ ahead: Int) -> Token.Kind { tokens[min(next + ahead, tokens.count - 1)].kind }

    mutating func accept(_ symbol: Token.Symbol) -> Bool {
        guard current.kind == .symbol(symbol) else { return false }
        next += 1
        return true
    }

    mutating func expect(_ symbol: Token.Symbol) throws(PrintFormatError) {
        guard accept(symbol) else { throw PrintFormatError("'\(symbol.rawValue)' expected", at: current.position) }
    }

    /// Adjacent string literals, joined, or `nil` if there is none here.
    mutating func stringLiteral() -> [UInt8]? {
        var joined: [UInt8]?
        while case .string(let bytes) = current.kind {
            joined = (joined ?? []) + bytes
            next += 1
        }
        return joined
    }

    /// An expression without a comma operator.
    mutating func expression() throws(PrintFormatError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw PrintFormatError("nested more than \(Self.maximumDepth) deep", at: current.position)
        }
        let condition = try binary(minimum: 1)
        guard accept(.question) else { return condition }
        var highest = height
        let then = current.kind == .symbol(.colon) ? nil : try expression()
        highest = max(highest, height)
        try expect(.colon)
        let otherwise = try expression()
        try raise(over: highest)
        return .conditional(condition, then: then, else: otherwise)
    }

    /// Counts a tree node whose children are the last expression and one of height `other`.
    mutating func raise(over other: Int = 0) throws(PrintFormatError) {
        height = max(height, other) + 1
        guard height <= Self.maximumHeight else {
            throw PrintFormatError("an expression higher than \(Self.maximumHeight)", at: current.position)
        }
    }

    private mutating func binary(minimum: Int) throws(PrintFormatError) -> Expression {
        var left = try unary()
        while case .symbol(let symbol) = current.kind, let (op, level) = Self.operators[symbol], level >= minimum {
            next += 1
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.maximumDepth else {
                throw PrintFormatError("nested more than \(Self.maximumDepth) deep", at: current.position)
            }
            let below = height
            left = .binary(op, left, try binary(minimum: level + 1))
            try raise(over: below)
        }
        return left
    }

    private static let operators: [Token.Symbol: (BinaryOperator, Int)] = [
        .or: (.logicalOr, 1), .and: (.logicalAnd, 2), .pipe: (.bitOr, 3), .caret: (.bitXor, 4),
        .ampersand: (.bitAnd, 5), .equal: (.equal, 6), .notEqual: (.notEqual, 6), .less: (.less, 7),
        .greater: (.greater, 7), .lessEqual: (.lessEqual, 7), .greaterEqual: (.greaterEqual, 7),
        .shiftLeft: (.shiftLeft, 8), .shiftRight: (.shiftRight, 8), .plus: (.add, 9), .minus: (.subtract, 9),
        .star: (.multiply, 10), .slash: (.divide, 10), .percent: (.remainder, 10),
    ]

    private static let prefixes: [Token.Symbol: UnaryOperator] = [
        .minus: .negate, .bang: .not, .tilde: .complement, .plus: .plus, .star: .dereference, .ampersand: .address,
    ]

    private mutating func unary() throws(PrintFormatError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw PrintFormatError("nested more than \(Self.maximumDepth) deep", at: current.position)
        }
        if case .symbol(let symbol) = current.kind, let op = Self.prefixes[symbol] {
            next += 1
            let operand = try unary()
            try raise()
            return .unary(op, operand)
        }
        if current.kind == .symbol(.open), let (type, length) = typeName(from: next + 1),
            tokens[min(next + 1 + length, tokens.count - 1)].kind == .symbol(.close), isCast(type, length: length)
        {
            next += length + 2
            if current.kind == .symbol(.openBrace) { return try compoundLiteral() }
            let operand = try unary()
            try raise()
            return .cast(type, operand)
        }
        if current.kind == .symbol(.open), case .identifier(let word) = peek(1),
            ["typeof", "__typeof__"].contains(word),
            peek(2) == .symbol(.open)
        {
            return try castToTypeOf()
        }
        if current.kind == .identifier("sizeof") { return try sizeOf() }
        return try postfix()
    }

    private mutating func castToTypeOf() throws(PrintFormatError) -> Expression {
        next += 3
        let model = try expression()
        try expect(.close)
        try expect(.close)
        let operand = try unary()
        try raise()
        return .castToTypeOf(model, operand)
    }

    private mutating func sizeOf() throws(PrintFormatError) -> Expression {
        let position = current.position
        next += 1
        if let size = try sizeOfNothing() { return size }
        if current.kind == .symbol(.open), let (type, length) = typeName(from: next + 1),
            tokens[min(next + 1 + length, tokens.count - 1)].kind == .symbol(.close)
        {
            next += length + 2
            return .sizeOfType(type, position: position)
        }
        let operand = try unary()
        try raise()
        return .sizeOfValue(operand)
    }

    private mutating func postfix() throws(PrintFormatError) -> Expression {
        var value = try primary()
        while true {
            let position = current.position
            let below = height
            if accept(.arrow) || accept(.dot) {
                guard case .identifier(let name) = current.kind else {
                    throw PrintFormatError("a member's name expected", at: current.position)
                }
                next += 1
                try raise()
                if case .identifier("REC", _) = value {
                    value = .field(name, position: position)
                } else if case .call(Self.compound, let values, _) = value, let only = values.first {
                    value = only
                } else {
                    value = .member(value, name, position: position)
                }
            } else if accept(.openBracket) {
                let index = try expression()
                try expect(.closeBracket)
                try raise(over: below)
                value = .index(value, index)
            } else {
                return value
            }
        }
    }

    private mutating func primary() throws(PrintFormatError) -> Expression {
        let token = current
        height = 1
        switch token.kind {
        case .integer(let value, let type):
            next += 1
            return .integer(value, type)
        case .string:
            return .string(stringLiteral() ?? [])
        case .identifier(let name):
            next += 1
            guard accept(.open) else { return .identifier(name, position: token.position) }
            return .call(name, try arguments(until: .close), position: token.position)
        case .symbol(.open):
            next += 1
            if current.kind == .symbol(.openBrace) {
                let value = try statementExpression()
                try expect(.close)
                return value
            }
            let value = try expression()
            try expect(.close)
            return value
        case .symbol(.openBrace):
            next += 1
            return .braces(try arguments(until: .closeBrace))
        default:
            throw PrintFormatError("an expression expected", at: token.position)
        }
    }

    /// Comma-separated expressions up to and including `closing`. An empty one, as at the end of a table, is skipped.
    mutating func arguments(until closing: Token.Symbol) throws(PrintFormatError) -> [Expression] {
        var list: [Expression] = []
        var highest = 0
        while !accept(closing) {
            if accept(.comma) { continue }
            list.append(try expression())
            highest = max(highest, height)
            if current.kind != .symbol(closing) { try expect(.comma) }
        }
        height = highest
        try raise()
        return list
    }
}
