extension WireGoodbye {
    /// Characters. The text may quote what the peer sent, and a Goodbye has a limit.
    private static let longestText = 1_000

    /// - Parameter text: for people; cut where it is too long.
    public init(_ reason: Reason, _ text: String) {
        self.init()
        self.reason = reason
        self.text = String(text.prefix(Self.longestText))
    }
}
