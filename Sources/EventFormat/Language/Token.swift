/// A token of the C subset in print formats.
struct Token: Equatable {
    enum Kind: Equatable {
        case identifier(String)
        /// A number, and the type that follows from its suffix and size.
        case integer(UInt64, CType)
        /// A string literal with resolved escapes.
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
