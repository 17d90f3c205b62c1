/// The argument of `--on`, which selects nodes: `all`, a name, a shell pattern over names, or `label=value`.
///
/// Several selectors add up. Within one selector, all conditions separated by commas must hold, as in kubectl:
/// `--on 'role=db,web-*' --on web-1`.
public struct Selector: Sendable, Hashable {
    private enum Condition: Hashable, Sendable {
        case everyone
        case name(Glob)
        case label(key: String, value: Glob)
    }

    public let text: String
    private let conditions: [Condition]

    /// Nil when a condition is empty.
    public init?(_ text: String) {
        self.text = text
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix("=") }) else { return nil }
        conditions = parts.map { part in
            if part == "all" || part == "*" { return .everyone }
            guard let equals = part.firstIndex(of: "=") else { return .name(Glob(part)) }
            return .label(key: String(part[..<equals]), value: Glob(part[part.index(after: equals)...]))
        }
    }

    public func matches(name: String, labels: [String: String]) -> Bool {
        conditions.allSatisfy { condition in
            switch condition {
            case .everyone: true
            case .name(let glob): glob.matches(name)
            case .label(let key, let value): labels[key].map(value.matches) ?? false
            }
        }
    }
}
