import SystemPackage

/// A recording in parts: a folder with a session's directory for each of them, `part-000001` and so on.
public enum RecordingParts {
    private static let prefix = "part-"
    private static let digits = 6

    /// The name of a part.
    ///
    /// - Parameter number: from 1.
    public static func name(_ number: Int) -> String {
        let text = String(number)
        return prefix + String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func number(_ name: String) -> Int? {
        guard name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)), number > 0 else { return nil }
        return self.name(number) == name ? number : nil
    }

    /// The paths of the parts in a folder, in their order; the path itself for anything else.
    public static func expanded(_ path: String) -> [String] {
        guard let names = try? OpenFolder(at: FilePath(path)).names(), !names.contains(SessionLayout.manifest) else {
            return [path]
        }
        let numbers = names.compactMap(number).sorted()
        return numbers.isEmpty ? [path] : numbers.map { FilePath(path).appending(name($0)).string }
    }
}
