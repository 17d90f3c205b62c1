/// GNU statement expressions.
extension ExpressionParser {
    /// Parses `{ declarations and calls; value; })`. The opening parenthesis has been consumed.
    mutating func statementExpression() throws(PrintFormatError) -> Expression {
        try expect(.openBrace)
        var statements: [Statement] = []
        var highest = 0
        while !accept(.closeBrace) {
            if accept(.semicolon) { continue }
            guard statements.count < 64 else { throw PrintFormatError("too many statements", at: current.position) }
            statements.append(try statement())
            highest = max(highest, height)
            if current.kind != .symbol(.closeBrace) { try expect(.semicolon) }
        }
        height = highest
        try raise()
        return .statements(statements)
    }

    private mutating func statement() throws(PrintFormatError) -> Statement {
        if let (type, length) = typeName(from: next), case .identifier(let name) = peek(length),
            peek(length + 1) == .symbol(.assign)
        {
            next += length + 2
            return .declaration(type, name: name, value: try expression())
        }
        if let (type, length) = typeName(from: next), length > 1, case .identifier(let name) = peek(length) {
            throw PrintFormatError("'\(name)' is of type '\(type.text)', whose layout is unknown", at: current.position)
        }
        return .expression(try expression())
    }
}
