/// A line for `dynamic_events`, and what it makes.
public struct ProbeDefinition: Sendable, Hashable {
    /// What is written to `dynamic_events` (or `kprobe_events`, `uprobe_events`).
    public let line: String
    /// The group of the event.
    public let group: String
    /// The event. Several definitions may have the same: the kernel makes one event with several places of them.
    public let event: String
    /// What a person should know about the probe although it works; one line each.
    public let notes: [String]

    /// What is written to remove the event with all its places.
    public var removalLine: String { "-:\(group)/\(event)" }
}
