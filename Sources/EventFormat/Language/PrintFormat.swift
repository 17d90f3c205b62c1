/// A parsed `print fmt` line: `"printf format", argument, argument...`.
struct PrintFormat {
    let pieces: [FormatPiece]
    let arguments: [Expression]

    init(parsing text: String, types: TypeTable) throws(PrintFormatError) {
        let tokens = try Lexer.tokens(of: text, longSize: types.longSize)
        var parser = ExpressionParser(tokens, types: types)
        guard let format = parser.stringLiteral() else {
            throw PrintFormatError("the print format does not start with a string", at: parser.current.position)
        }
        var arguments: [Expression] = []
        while parser.accept(.comma) {
            guard arguments.count < 256 else { throw PrintFormatError("more than 256 arguments") }
            arguments.append(try parser.expression())
        }
        guard parser.isAtEnd else {
            throw PrintFormatError("not understood from here on", at: parser.current.position)
        }
        pieces = try ConversionParser.pieces(of: format, longSize: types.longSize)
        self.arguments = arguments
    }
}
