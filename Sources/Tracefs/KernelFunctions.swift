import TextPatterns

/// The functions on which this kernel allows kprobes.
public enum KernelFunctions {
    /// Names that match, sorted, each once. A module's function is `name [module]`.
    ///
    /// They are read from `available_filter_functions` if the kernel has a function tracer: those functions do have a
    /// call for it at their entry. Otherwise from /proc/kallsyms, without the functions in the kprobes' blacklist.
    ///
    /// - Parameter limit: the most names returned. If there are more, `isCut` is set.
    /// - Throws: ``TracefsError/missingFile(path:meaning:)`` if the kernel has no kprobes.
    public static func matching(
        _ pattern: Glob, in root: TracefsRoot, limit: Int
    ) throws(TracefsError) -> (names: [String], isCut: Bool) {
        let path = root.file("kprobe_events")
        guard ControlFile.exists(path) else {
            throw .missingFile(path: path, meaning: "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)")
        }
        let names =
            if let text = try? ControlFile.read(root.file("available_filter_functions"), limit: textLimit),
                !text.isEmpty
            {
                traceable(text, pattern)
            } else {
                symbols(
                    try TracefsRoot.kallsyms(), except: (try? KprobeBlacklist.current())?.symbols ?? [], pattern)
            }
        let sorted = names.sorted()
        return (Array(sorted.prefix(limit)), sorted.count > limit)
    }

    /// The addresses of functions, once for each function of a name. Zero where the kernel hides them.
    public static func addresses(
        of names: Set<String>
    ) throws(TracefsError) -> [(address: UInt64, name: String)] {
        addresses(in: try TracefsRoot.kallsyms(), of: names)
    }

    static func addresses(in text: [UInt8], of names: Set<String>) -> [(address: UInt64, name: String)] {
        var found: [(address: UInt64, name: String)] = []
        for line in text.split(separator: newline) {
            let words = line.split(maxSplits: 2) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard words.count == 3, words[1].first.map({ $0 | 0x20 }).map(functionTypes.contains) == true else {
                continue
            }
            let name = String(decoding: words[2].prefix { $0 != UInt8(ascii: "\t") }, as: UTF8.self)
            guard names.contains(name), let address = UInt64(String(decoding: words[0], as: UTF8.self), radix: 16)
            else { continue }
            found.append((address, name))
        }
        return found
    }

    /// Of symbols, in lower case: text and weak.
    private static let functionTypes = Set("tw".utf8)
    private static let textLimit = 64 << 20
    private static let newline = UInt8(ascii: "\n")

    /// Lines `name` or `name [module]`.
    static func traceable(_ text: [UInt8], _ pattern: Glob) -> Set<String> {
        var names: Set<String> = []
        for line in text.split(separator: newline) {
            let name = line.prefix { $0 != UInt8(ascii: " ") }
            guard pattern.matches(String(decoding: name, as: UTF8.self)) else { continue }
            names.insert(String(decoding: line, as: UTF8.self))
        }
        return names
    }

    /// Lines `address type name`, for a module followed by a tab and `[module]`. Functions have type t or T.
    static func symbols(_ text: [UInt8], except blacklist: Set<String>, _ pattern: Glob) -> Set<String> {
        var names: Set<String> = []
        for line in text.split(separator: newline) {
            let words = line.split(maxSplits: 3) { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard words.count >= 3, words[1].first.map({ $0 | 0x20 == UInt8(ascii: "t") }) == true else { continue }
            let name = String(decoding: words[2], as: UTF8.self)
            guard pattern.matches(name), !blacklist.contains(name) else { continue }
            names.insert(words.count > 3 ? name + " " + String(decoding: words[3], as: UTF8.self) : name)
        }
        return names
    }
}
