/// What the kernel's filters make of a pattern behind `~` (filter_parse_regex in kernel/trace/trace_events_filter.c).
public enum KernelPattern {
    /// The same pattern, written so that the kernel means by it what glob(7) does.
    ///
    /// The kernel has shortcuts. `*end` compares the last bytes of the whole array, so that no text that is shorter than
    /// its array ends so. A pattern that begins with a digit is compared as it stands, `*` included. A `\` makes the
    /// kernel use its function for all patterns, and means the character behind it.
    public static func glob(_ pattern: String) -> String {
        let bytes = Array(pattern.utf8)
        guard let first = bytes.first, !bytes.contains(where: { "?[\\".utf8.contains($0) }) else { return pattern }
        let star = UInt8(ascii: "*")
        if first &- UInt8(ascii: "0") < 10, bytes.contains(star) { return "\\" + pattern }
        guard first == star, bytes.count > 1, bytes.last != star, bytes[1] != star else { return pattern }
        return "*\\" + String(decoding: bytes.dropFirst(), as: UTF8.self)
    }

    /// How many bytes the shortest text has that the pattern matches.
    public static func shortestMatch(_ pattern: String) -> Int {
        let bytes = Array(pattern.utf8)
        var (index, length) = (0, 0)
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "*"): break
            case UInt8(ascii: "\\"):
                index += 1
                length += 1
            case UInt8(ascii: "["):
                // The first character of a set may be its bracket; without an end it is no set.
                let from = bytes[min(index + 1, bytes.count)...].first == UInt8(ascii: "!") ? index + 3 : index + 2
                if let end = bytes[min(from, bytes.count)...].firstIndex(of: UInt8(ascii: "]")) { index = end }
                length += 1
            default: length += 1
            }
            index += 1
        }
        return length
    }
}

/// Names of tasks as `--comm` has them: shell patterns.
public enum TaskNamePattern {
    /// TASK_COMM_LEN of include/linux/sched.h, without the NUL.
    public static let longestName = 15
    /// With the operator's own filter they have to fit into a page.
    public static let most = 32
    private static let longest = 64

    /// Why these cannot be patterns for names of tasks, or can match none; nil if they are right.
    public static func problem(_ patterns: [String]) -> String? {
        guard patterns.count <= most else { return "\(patterns.count) names of tasks: \(most) at most" }
        for pattern in patterns {
            let isPlain = pattern.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\"") }
            guard !pattern.isEmpty, pattern.utf8.count <= longest, isPlain else {
                return
                    "\"\(pattern.prefix(80))\" is no pattern for names of tasks: they have 1 to \(longestName) bytes and no quotes, with * ? [] for others"
            }
            let shortest = KernelPattern.shortestMatch(pattern)
            guard shortest <= longestName else {
                return
                    "no task can have the name \"\(pattern)\": the kernel keeps \(longestName) bytes of a name, and this needs \(shortest) (write \"\(cut(pattern))\")"
            }
        }
        return nil
    }

    /// For a name without special characters, what the kernel keeps of it.
    private static func cut(_ pattern: String) -> String {
        Glob(pattern).isLiteral && !pattern.contains("\\")
            ? String(decoding: pattern.utf8.prefix(longestName), as: UTF8.self)
            : "a pattern that fits into \(longestName) bytes"
    }

    /// As the kernel's filters need it: a leading `!` would mean all others there.
    public static func forKernel(_ pattern: String) -> String {
        pattern.hasPrefix("!") ? "\\" + pattern : KernelPattern.glob(pattern)
    }
}
