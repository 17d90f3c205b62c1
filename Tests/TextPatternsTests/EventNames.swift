import TextPatterns

/// Event names from texts.
func names(_ texts: String...) -> [EventName] { texts.compactMap { EventName($0) } }
