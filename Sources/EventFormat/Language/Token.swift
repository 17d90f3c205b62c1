/// A token of the C that print formats are written in.
struct Token: Equatable {
    enum Kind: Equatable {
        case identifier(String)
        /// A number and the type that its suffix and size give it.
        case integer(UInt64, CType)
        /// A string literal, escapes resolved.
        case string([UInt8])
        case symbol(Symbol)
        case end
    }

    /// Operators and punctuation.
    enum Symbol: String {
        case arrow = "->"
        case shiftLeft = "<<", shiftRight = ">>", lessEqual = "<=", greaterEqual = ">=", equal = "==", notEqual = "!="
        case and = "&&", or = "||"
        case plus = "+", minus = "-", star = "*", slash = "/", percent = "%", ampersand = "&", pipe = "|", caret = "^"
        case tilde = "~", bang = "!", less = "<", greater = ">", question = "?", colon = ":", comma = ",", dot = "."
        case open = "(", close = ")", openBracket = "[", closeBracket = "]", openBrace = "{", closeBrace = "}"
        case semicolon = ";", assign = "="
    }

    let kind: Kind
    /// Byte offset in the print format.
    let position: Int
}
