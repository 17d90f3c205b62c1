import Foundation

/// The text of a `trace` file from the kernel, to compare lines of `--format ftrace` with.
///
/// The file belongs to another instance that recorded the same events as a session, so each event has two time stamps,
/// shortly after each other.
struct KernelText {
    let lines: [String]
    /// Times of the events with a text, by each of its forms; us.
    private let times: [String: [Int64]]

    init(_ lines: [String]) {
        self.lines = lines
        var times: [String: [Int64]] = [:]
        for line in lines where !line.hasPrefix("#") {
            guard let time = Self.time(line) else { continue }
            for text in Self.forms(of: line) { times[text, default: []].append(time) }
        }
        self.times = times
    }

    /// The head of the file without the line with the counts.
    static func head(_ lines: [String]) -> [String] {
        lines.filter { $0.hasPrefix("#") && !$0.contains("entries-in-buffer") }
    }

    /// How well lines agree with the kernel's.
    struct Agreement: CustomStringConvertible {
        /// Lines that differ from the kernel's in the time only; in the name of the task too; in a flag too.
        var exact = 0
        var unnamed = 0
        var unflagged = 0
        /// Lines that differ otherwise, each with the kernel's nearest line.
        var different: [String] = []

        var description: String {
            "\(exact) the kernel's, \(unnamed) but for the name of the task, \(unflagged) but for a flag, "
                + "\(different.count) others"
        }
    }

    /// - Parameters:
    ///   - named: tasks whose names must be known.
    ///   - tolerance: the longest time between the two time stamps of one event, in us.
    func agreement(of lines: [String], named: String, tolerance: Int64) throws -> Agreement {
        var agreement = Agreement()
        for line in lines {
            guard let own = Self.time(line) else { throw TestFailure("no line of a trace: \(line)") }
            let form = Self.forms(of: line).firstIndex { text in
                (times[text] ?? []).contains { abs($0 - own) <= tolerance }
            }
            switch form {
            case 0: agreement.exact += 1
            case 1: agreement.unnamed += 1
            case 2, 3: agreement.unflagged += 1
            default: agreement.different.append("\(line)\nkernel:\n\(nearest(to: own) ?? "")")
            }
            // A name that the kernel knows must be known here too.
            if form == 1 || form == 3, line.contains("<...>-") || line.contains(named) {
                agreement.different.append("\(line)\nkernel:\n\(nearest(to: own) ?? "")")
            }
        }
        return agreement
    }

    private func nearest(to time: Int64) -> String? {
        lines.min { abs((Self.time($0) ?? 0) - time) < abs((Self.time($1) ?? 0) - time) }
    }

    // MARK: A line

    /// Its time stamp, in us.
    static func time(_ line: String) -> Int64? {
        guard let range = line.range(of: #"[0-9]+\.[0-9]{6}: "#, options: .regularExpression) else { return nil }
        return Int64(line[range].filter(\.isNumber))
    }

    /// The forms in which a line may agree with the kernel's, the strictest form first.
    private static func forms(of line: String) -> [String] {
        let exact = withoutTime(line)
        let unnamed = withoutName(exact)
        return [exact, unnamed, withoutFlags(exact), withoutFlags(unnamed)]
    }

    private static func withoutTime(_ line: String) -> String {
        guard let range = line.range(of: #" +[0-9]+\.[0-9]{6}: "#, options: .regularExpression) else { return line }
        return line.replacingCharacters(in: range, with: " TIME: ")
    }

    /// The same without the task's name. The kernel looks it up when the file is read: by then the task may have
    /// another name, or, among many tasks, none (`<...>`, saved_cmdlines holds 128).
    private static func withoutName(_ line: String) -> String {
        line.replacingOccurrences(of: #"^.*?-([0-9]+ +\[)"#, with: "TASK-$1", options: .regularExpression)
    }

    /// The same without the flags: a flag such as need-resched may change between the two time stamps.
    private static func withoutFlags(_ line: String) -> String {
        line.replacingOccurrences(of: #"\] [^ ]{5} TIME: "#, with: "] FLAGS TIME: ", options: .regularExpression)
    }
}
