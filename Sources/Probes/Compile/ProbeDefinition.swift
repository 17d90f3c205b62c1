/// A line for `dynamic_events`, and the event that it creates.
public struct ProbeDefinition: Sendable, Hashable {
    /// The line to write to `dynamic_events` (or `kprobe_events`, `uprobe_events`).
    public let line: String
    /// The group of the event.
    public let group: String
    /// The event. If several definitions have the same, the kernel creates one event with several locations.
    public let event: String
    /// Notes for the user about a probe that works, one line each.
    public let notes: [String]

    /// The line to write to remove the event with all its locations.
    public var removalLine: String { "-:\(group)/\(event)" }
}
