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
        // Few symbols have a length and a first byte of these names, and only they are made strings.
        var starts = [Bool](repeating: false, count: 1 << 16)
        for name in names { starts[start(name.utf8.count, name.utf8.first ?? 0)] = true }
        text.withUnsafeBytes { bytes in
            SymbolLine.forEach(in: bytes) { line in
                guard line.isFunction, starts[start(line.name.count, bytes[line.name.lowerBound])] else { return }
                let name = String(decoding: bytes[line.name], as: UTF8.self)
                guard names.contains(name),
                    let address = UInt64(String(decoding: bytes[line.address], as: UTF8.self), radix: 16)
                else { return }
                found.append((address, name))
            }
        }
        return found
    }

    private static func start(_ length: Int, _ first: UInt8) -> Int { min(length, 255) << 8 | Int(first) }

    private static let textLimit = 64 << 20
    private static let newline = UInt8(ascii: "\n")

    /// Lines `name` or `name [module]`.
    static func traceable(_ text: [UInt8], _ pattern: Glob) -> Set<String> {
        var names: Set<String> = []
        for line in text.split(separator: newline) {
            let name = line.prefix { $0 != UInt8(ascii: " ") }
            guard name.withUnsafeBytes(pattern.matches) else { continue }
            names.insert(String(decoding: line, as: UTF8.self))
        }
        return names
    }

    /// Lines `address type name`, for a module followed by a tab and `[module]`. Functions have type t or T.
    static func symbols(_ text: [UInt8], except blacklist: Set<String>, _ pattern: Glob) -> Set<String> {
        var names: Set<String> = []
        text.withUnsafeBytes { bytes in
            SymbolLine.forEach(in: bytes) { line in
                guard line.type | 0x20 == UInt8(ascii: "t"),
                    pattern.matches(UnsafeRawBufferPointer(rebasing: bytes[line.name]))
                else { return }
                let name = String(decoding: bytes[line.name], as: UTF8.self)
                guard !blacklist.contains(name) else { return }
                names.insert(line.module.map { name + " " + String(decoding: bytes[$0], as: UTF8.self) } ?? name)
            }
        }
        return names
    }
}
