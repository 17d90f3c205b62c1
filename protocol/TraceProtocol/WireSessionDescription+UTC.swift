extension WireSessionDescription {
    /// How far the controller's time of day was from UTC, for people; nil where it did not say.
    public var utcText: String? {
        if utcUnknown { return "the controller's clock is not synchronised: its distance to UTC is not known" }
        guard utcErrorNs > 0 else { return nil }
        let milliseconds = utcErrorNs / 1_000_000 + (utcErrorNs % 1_000_000 > 0 ? 1 : 0)
        return "the controller's clock is at most \(milliseconds) ms from UTC"
    }
}
