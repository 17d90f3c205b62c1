/// The formats in which a timeline is written.
public enum OutputFormat: String, Sendable, CaseIterable {
    /// For reading: time of day with its bound, node, CPU, task, event.
    case `default`
    /// Lines as the kernel's own `trace` file has them.
    case ftrace
    /// One JSON object a line (docs/guide/output.md).
    case json
}
