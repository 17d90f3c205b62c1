/// The formats in which a timeline is written.
public enum OutputFormat: String, Sendable, CaseIterable {
    /// For reading: time of day with its bound, node, CPU, task, event.
    case `default`
    /// Trees of function calls with their durations, each under a line that says when, where and in which task it began.
    /// Other events are lines as in `default`, or stand inside of their task's tree.
    case graph
    /// Lines as the kernel's own `trace` file has them.
    case ftrace
    /// One JSON object a line (docs/guide/output.md).
    case json

    /// Lines state the time of day as people read it, and not as the kernel or a program does.
    public var isForPeople: Bool { self == .default || self == .graph }
}
