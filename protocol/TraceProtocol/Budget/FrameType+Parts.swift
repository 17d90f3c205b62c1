extension FrameType {
    /// The most texts, byte strings and messages that a message of this kind may hold, inside of each other too
    /// (`MessageScan`). Decoded, each takes about 200 bytes besides its own.
    ///
    /// What a controller sends an operator is not limited: it was limited when it came from the nodes.
    public var maximumParts: Int {
        switch self {
        case .vitals, .goodbye: 64
        // A name and a text for each event of a kernel in `Prepared`; a thousand lines of a log in a description.
        case .hello, .welcome, .command, .commandReply, .request, .nodeNote: 1 << 16
        // One for each CPU.
        case .loss: Watermark.maximumCPUs + 16
        // A name for each task, a text for each event.
        case .metadata: 1 << 20
        // A row for each key of a table, and a text for each of the key's parts.
        case .finish, .counts: 1 << 21
        default: .max
        }
    }
}
