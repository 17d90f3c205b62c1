import SystemFacts

/// What a process has made outside of itself and not yet removed, by name: what its guard cleans up when the process dies.
///
/// The guard is told in lines: `+MILLISECONDS NAME` before something is made, with the grace it is given after a death,
/// and `-NAME` after it has been removed.
public struct GuardedNames: Sendable, Equatable {
    /// How long after the death each is left alone, so that a successor may take it over.
    private var graces: [String: Duration] = [:]

    /// Longer lines would not be written to a pipe in one piece (PIPE_BUF, pipe(7)).
    static let longestLine = 4096

    public init() {}

    public var isEmpty: Bool { graces.isEmpty }
    public var all: [String] { graces.keys.sorted() }
    /// Those that a successor may take over.
    public var inherited: [String] { graces.filter { $0.value > .zero }.keys.sorted() }

    // MARK: What the process tells

    /// - Returns: the line to tell the guard; nil for a name that does not fit into one, which is then not guarded.
    mutating func hold(_ name: String, grace: Duration) -> String? {
        let line = Self.line(holding: name, grace: grace)
        guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "\n")), line.utf8.count <= Self.longestLine else {
            return nil
        }
        graces[name] = grace
        return line
    }

    /// - Returns: the line to tell the guard; nil for a name that it was not told.
    mutating func release(_ name: String) -> String? {
        graces.removeValue(forKey: name).map { _ in "-\(name)\n" }
    }

    /// What a new guard has to be told.
    var lines: String { all.map { Self.line(holding: $0, grace: graces[$0] ?? .zero) }.joined() }

    private static func line(holding name: String, grace: Duration) -> String {
        "+\(max(0, grace.wholeNanoseconds / 1_000_000)) \(name)\n"
    }

    // MARK: What the guard reads

    /// What all lines together say. Lines of another form are skipped.
    init(reading text: String) {
        for line in text.split(separator: "\n") {
            switch line.first {
            case "-": graces[String(line.dropFirst())] = nil
            case "+":
                let parts = line.dropFirst().split(separator: " ", maxSplits: 1)
                guard parts.count == 2, let grace = Int64(parts[0]), grace >= 0 else { continue }
                graces[String(parts[1])] = .milliseconds(grace)
            default: continue
            }
        }
    }

    /// Takes out those whose grace has ended.
    ///
    /// - Parameter elapsed: since the death.
    mutating func takeDue(after elapsed: Duration) -> [String] {
        let due = graces.filter { $0.value <= elapsed }.keys.sorted()
        for name in due { graces[name] = nil }
        return due
    }

    /// When the next grace ends, from the death; nil when nothing is left.
    var nextEnd: Duration? { graces.values.min() }
}
