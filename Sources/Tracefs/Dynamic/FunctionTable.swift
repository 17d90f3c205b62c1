import TextPatterns

/// All functions of the kernel, for those who ask why one cannot be probed.
///
/// Reading takes some tens of milliseconds (a hundred thousand lines), so this is for answers about failures.
public struct FunctionTable: Sendable {
    /// Names of functions, and in how many places each is.
    private let functions: [String: Int]
    /// Names that are data.
    private let data: Set<String>
    /// What the function tracer can attach to; nil where the kernel does not say.
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
        for line in kallsyms.utf8.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
            guard words.count == 3, let type = words[1].first else { continue }
            let name = String(Substring(words[2].prefix { $0 != UInt8(ascii: "\t") }))
            switch type {
            case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "w"), UInt8(ascii: "W"), UInt8(ascii: "i"):
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

    /// In how many places a function of this name is; 0 if there is none.
    public func count(_ name: String) -> Int { functions[name] ?? 0 }

    /// Whether the name is one of data.
    public func isData(_ name: String) -> Bool { functions[name] == nil && data.contains(name) }

    /// Whether it is kept from the function tracer (`notrace`), and with that, unless the kernel is built otherwise, from
    /// kprobes of tracing. Nil where the kernel does not say.
    public func isNotrace(_ name: String) -> Bool? {
        // An empty list says nothing: the function tracer may have been switched off as a whole.
        traceable.flatMap { $0.isEmpty ? nil : functions[name] != nil && !$0.contains(name) }
    }

    /// What the compiler has made of a function: `name.isra.0`, `name.constprop.0`, `name.part.0`, sorted.
    public func copies(of name: String) -> [String] {
        functions.keys.filter { $0.hasPrefix(name + ".") && !$0.hasSuffix(".cold") }.sorted()
    }

    /// Functions that may have been meant.
    public func nearMatches(for name: String) -> [String] {
        NearMatch.suggestions(for: name, among: functions.keys)
    }
}
