import TextPatterns

/// All functions of the kernel, to explain why one cannot be probed.
///
/// Reading takes some tens of milliseconds (a hundred thousand lines), so it is only done after a failure.
public struct FunctionTable: Sendable {
    /// Names of functions, with the number of functions that have the name.
    private let functions: [String: Int]
    /// Names of data symbols.
    private let data: Set<String>
    /// Functions that the function tracer can trace. Nil if the kernel has no such list.
    private let traceable: Set<String>?

    public static func current(_ root: TracefsRoot) throws(TracefsError) -> FunctionTable {
        FunctionTable(
            kallsyms: String(decoding: try TracefsRoot.kallsyms(), as: UTF8.self),
            traceable: try? ControlFile.text(root.file("available_filter_functions")))
    }

    /// - Parameters:
    ///   - kallsyms: lines of `ADDRESS TYPE NAME [MODULE]`.
    ///   - traceable: lines of `NAME [MODULE]`.
    init(kallsyms: String, traceable: String?) {
        var functions: [String: Int] = [:]
        var data: Set<String> = []
        // Linux 7.2 gives some data the type of a function (jiffies is `T`). Symbols stand in the order of addresses.
        var isData = false
        for line in kallsyms.utf8.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard words.count == 3, let type = words[1].first else { continue }
            let name = String(Substring(words[2].prefix { $0 != UInt8(ascii: "\t") }))
            if name == "_sdata" { isData = true }
            if name == "_edata" { isData = false }
            switch type {
            case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "w"), UInt8(ascii: "W"), UInt8(ascii: "i"):
                guard !isData else {
                    data.insert(name)
                    continue
                }
                functions[name, default: 0] += 1
            default: data.insert(name)
            }
        }
        self.functions = functions
        self.data = data
        self.traceable = traceable.map { text in
            Set(text.split(separator: "\n").map { String($0.prefix { $0 != " " }) })
        }
    }

    /// How many functions have this name.
    public func count(_ name: String) -> Int { functions[name] ?? 0 }

    /// Whether the name is that of a data symbol.
    public func isData(_ name: String) -> Bool { functions[name] == nil && data.contains(name) }

    /// Whether it is excluded from function tracing (`notrace`). Unless the kernel is configured otherwise, tracefs
    /// refuses kprobes on it too. Nil if the kernel has no such list.
    public func isNotrace(_ name: String) -> Bool? {
        // An empty list means nothing: the function tracer may be switched off.
        traceable.flatMap { $0.isEmpty ? nil : functions[name] != nil && !$0.contains(name) }
    }

    /// Variants of a function that the compiler created: `name.isra.0`, `name.constprop.0`, `name.part.0`, sorted.
    public func copies(of name: String) -> [String] {
        functions.keys.filter { $0.hasPrefix(name + ".") && !$0.hasSuffix(".cold") }.sorted()
    }

    /// Functions that the user may have meant.
    public func nearMatches(for name: String) -> [String] {
        NearMatch.suggestions(for: name, among: functions.keys)
    }
}
