/// A parsed `print fmt` line: `"printf format", argument, argument...`.
struct PrintFormat {
    let pieces: [FormatPiece]
    let arguments: [Expression]

    /// Closing quotation marks that are tried.
    private static let mostEnds = 64

    init(parsing text: String, types: TypeTable) throws(PrintFormatError) {
        self = try Self.parse(text, types)
    }

    private static func parse(_ text: String, _ types: TypeTable) throws(PrintFormatError) -> PrintFormat {
        let written: PrintFormat
        do throws(PrintFormatError) {
            written = try PrintFormat(asWritten: text, types: types)
            if written.isBalanced { return written }
        } catch {
            guard let unescaped = PrintFormat(unescaped: text, types: types) else { throw error }
            return unescaped
        }
        return PrintFormat(unescaped: text, types: types) ?? written
    }

    /// A text that follows the rules of C.
    private init(asWritten text: String, types: TypeTable) throws(PrintFormatError) {
        guard !text.isEmpty else { throw PrintFormatError("the event has no print format") }
        let tokens = try Lexer.tokens(of: text, longSize: types.longSize)
        var parser = ExpressionParser(tokens, types: types)
        guard let format = parser.stringLiteral() else {
            throw PrintFormatError("the print format does not start with a string", at: parser.current.position)
        }
        arguments = try Self.arguments(&parser)
        pieces = try ConversionParser.pieces(of: format, longSize: types.longSize)
    }

    /// The kernel writes the format of `TP_printk` as it is in memory, so a quotation mark in it has no backslash:
    /// `""%s" %x", __get_str(filename), REC->flags`. Its end is the first mark before a comma, or at the end of the text,
    /// for which the number of arguments fits.
    private init?(unescaped text: String, types: TypeTable) {
        let bytes = Array(text.utf8)
        let mark = UInt8(ascii: "\"")
        guard bytes.first == mark else { return nil }
        var tried = 0
        for end in bytes.indices.dropFirst() where bytes[end] == mark && tried < Self.mostEnds {
            let rest = bytes[(end + 1)...].drop { $0 <= 32 }
            guard rest.isEmpty || rest.first == UInt8(ascii: ",") else { continue }
            tried += 1
            do throws(PrintFormatError) {
                let tokens = try Lexer.tokens(of: String(decoding: rest, as: UTF8.self), longSize: types.longSize)
                var parser = ExpressionParser(tokens, types: types)
                let pieces = try ConversionParser.pieces(of: Array(bytes[1..<end]), longSize: types.longSize)
                let candidate = PrintFormat(pieces: pieces, arguments: try Self.arguments(&parser))
                guard candidate.isBalanced else { continue }
                self = candidate
                return
            } catch {
                continue
            }
        }
        return nil
    }

    private init(pieces: [FormatPiece], arguments: [Expression]) {
        self.pieces = pieces
        self.arguments = arguments
    }

    private static func arguments(_ parser: inout ExpressionParser) throws(PrintFormatError) -> [Expression] {
        var arguments: [Expression] = []
        while parser.accept(.comma) {
            // `" ", ` of events without fields.
            if parser.isAtEnd, arguments.isEmpty { break }
            guard arguments.count < 256 else { throw PrintFormatError("more than 256 arguments") }
            arguments.append(try parser.expression())
        }
        guard parser.isAtEnd else {
            throw PrintFormatError("not understood from here on", at: parser.current.position)
        }
        return arguments
    }

    /// Whether there are as many arguments as the conversions need.
    private var isBalanced: Bool {
        var needed = 0
        for case .conversion(let conversion) in pieces {
            needed += 1 + (conversion.width == .argument ? 1 : 0) + (conversion.precision == .argument ? 1 : 0)
        }
        return needed == arguments.count
    }
}
