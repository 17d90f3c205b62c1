import SafeText

/// A node's or the controller's reasoned no. It travels as it is thrown.
extension WireRefusal: Error {
    /// - Parameters:
    ///   - text: one line for people, without the node's name.
    ///   - detail: the kernel's own error text with its caret line.
    ///   - nearMatches: names that a mistyped one may have meant.
    public init(_ code: Code, _ text: String, detail: String = "", nearMatches: [String] = []) {
        self.init()
        self.code = code
        self.text = text
        self.detail = detail
        self.nearMatches = nearMatches
    }

    /// The kernel's own text with its caret, as indented lines.
    public var shownDetail: [String] { Array(detail.safeBlock.prefix(Self.mostDetail)) }

    /// Lines. A command of several and its caret are fewer.
    private static let mostDetail = 20
}
