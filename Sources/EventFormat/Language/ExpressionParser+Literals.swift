/// What macros of the kernel leave in print formats.
extension ExpressionParser {
    /// The name under which the value of a compound literal is kept until a member of it is read. No print format can
    /// have it.
    static let compound = "(compound)"

    /// `{ .tv64 = REC->expires }`, behind the type in parentheses: a `ktime_t` before Linux 4.10. It has one member.
    mutating func compoundLiteral() throws(PrintFormatError) -> Expression {
        let position = current.position
        try expect(.openBrace)
        if accept(.dot) {
            guard case .identifier = current.kind else {
                throw PrintFormatError("a member's name expected", at: current.position)
            }
            next += 1
            try expect(.assign)
        }
        let value = try expression()
        _ = accept(.comma)
        try expect(.closeBrace)
        try raise()
        let literal = Expression.call(Self.compound, [value], position: position)
        guard accept(.dot) || accept(.arrow) else { return literal }
        guard case .identifier = current.kind else {
            throw PrintFormatError("a member's name expected", at: current.position)
        }
        next += 1
        return value
    }

    /// `sizeof(struct { int:(-!!(...)); })`, behind `sizeof`: what `ARRAY_SIZE` adds to be sure that it has an array. It
    /// is 0, or the kernel would not have been compiled. Nil for anything else.
    mutating func sizeOfNothing() throws(PrintFormatError) -> Expression? {
        guard current.kind == .symbol(.open), peek(1) == .identifier("struct"), peek(2) == .symbol(.openBrace),
            peek(3) == .identifier("int"), peek(4) == .symbol(.colon)
        else { return nil }
        var open = 0
        while !isAtEnd {
            if current.kind == .symbol(.open) { open += 1 }
            if current.kind == .symbol(.close) { open -= 1 }
            next += 1
            if open == 0 {
                height = 1
                return .integer(0, CType(width: types.longSize, isSigned: false))
            }
        }
        throw PrintFormatError("')' expected", at: current.position)
    }
}
