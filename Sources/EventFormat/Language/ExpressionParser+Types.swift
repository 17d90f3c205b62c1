/// Type names. C's grammar cannot tell them from values, so the parser must know them.
extension ExpressionParser {
    private static let qualifiers: Set<String> = [
        "const", "volatile", "static", "__force", "__user", "__iomem", "__percpu", "__rcu",
    ]
    private static let keywords: Set<String> = ["unsigned", "signed", "long", "short", "int", "char", "void", "_Bool"]
    private static let tags: Set<String> = ["struct", "union", "enum"]

    /// The type name that starts at a token, and the number of its tokens. A single unknown word may be a type name
    /// too.
    func typeName(from start: Int) -> (TypeName, length: Int)? {
        var index = start
        var words: [String] = []
        var hasBase = false
        scan: while index < tokens.count {
            switch tokens[index].kind {
            case .identifier(let word) where Self.qualifiers.contains(word):
                words.append(word)
            case .identifier(let word) where Self.keywords.contains(word):
                words.append(word)
                hasBase = true
            case .identifier(let word) where Self.tags.contains(word) && !hasBase:
                guard index + 1 < tokens.count, case .identifier(let tag) = tokens[index + 1].kind else { break scan }
                words += [word, tag]
                hasBase = true
                index += 1
            case .identifier(let word) where !hasBase && word != "REC" && word != "sizeof":
                words.append(word)
                hasBase = true
            default: break scan
            }
            index += 1
        }
        guard hasBase else { return nil }
        var pointers = 0
        while index < tokens.count {
            if tokens[index].kind == .symbol(.star) {
                pointers += 1
            } else if case .identifier(let word) = tokens[index].kind, Self.qualifiers.contains(word) {
                // `char *const`
            } else {
                break
            }
            index += 1
        }
        return (TypeName(words: words, pointers: pointers), index - start)
    }

    /// Whether `(name)` is a cast and not a value in parentheses: it is a type, or only an operand can follow.
    func isCast(_ type: TypeName, length: Int) -> Bool {
        let base = type.words.filter { !Self.qualifiers.contains($0) }
        if base.count > 1 || type.pointers > 0 || type.words.count > base.count { return true }
        guard let name = base.first else { return false }
        if Self.keywords.contains(name) || types.isTypedef(name) { return true }
        switch peek(length + 2) {
        case .identifier, .integer, .string, .symbol(.open), .symbol(.tilde), .symbol(.bang): return true
        default: return false
        }
    }
}
