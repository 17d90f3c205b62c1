import TextPatterns

/// The event names written as text; for tests only.
func names(_ texts: String...) -> [EventName] { texts.compactMap { EventName($0) } }
