import Searching
import TextPatterns

/// All functions of the kernel, to explain why one cannot be probed.
///
/// It holds the kernel's lists as they are, some hundred thousand lines: to look for a few names in them takes less time
/// and memory than to make tables of all. Only read after a failure.
public struct FunctionTable: Sendable {
    /// Lines of `ADDRESS TYPE NAME`, of modules with a tab and `[MODULE]` behind them, in the order of addresses.
    private let kallsyms: [UInt8]
    /// Where the kernel's data are listed. Linux 7.2 gives some of it the type of a function (jiffies is `T`).
    private let data: Range<Int>
    /// Nil if the kernel has no such list.
    private let traceable: TraceableFunctions?

    public static func current(_ root: TracefsRoot) throws(TracefsError) -> FunctionTable {
        FunctionTable(kallsyms: try TracefsRoot.kallsyms(), traceable: try? TraceableFunctions.current(root))
    }

    init(kallsyms: [UInt8], traceable: TraceableFunctions?) {
        self.kallsyms = kallsyms
        self.traceable = traceable
        let start = Self.symbols(named: "_sdata", in: kallsyms).first?.offset ?? kallsyms.count
        let end = Self.symbols(named: "_edata", in: kallsyms).first { $0.offset > start }?.offset ?? kallsyms.count
        data = start..<end
    }

    /// How many functions have this name.
    public func count(_ name: String) -> Int { Self.symbols(named: name, in: kallsyms).count(where: isFunction) }

    /// Whether the name is that of a data symbol.
    public func isData(_ name: String) -> Bool {
        let symbols = Self.symbols(named: name, in: kallsyms)
        return !symbols.isEmpty && !symbols.contains(where: isFunction)
    }

    /// Whether it is excluded from function tracing (`notrace`). Unless the kernel is configured otherwise, tracefs
    /// refuses kprobes on it too. Nil if the kernel has no such list.
    public func isNotrace(_ name: String) -> Bool? {
        guard let traceable, !traceable.isEmpty else { return nil }
        guard count(name) > 0 else { return false }
        return !traceable.contains(name)
    }

    /// Variants of a function that the compiler created: `name.isra.0`, `name.constprop.0`, `name.part.0`, sorted.
    public func copies(of name: String) -> [String] {
        let copies = kallsyms.ranges(of: " \(name).").compactMap { range -> String? in
            let symbol = Self.symbol(before: range.lowerBound, in: kallsyms)
            return symbol.map(isFunction) == true ? text(from: range.lowerBound + 1) : nil
        }
        return Set(copies).filter { !$0.hasSuffix(".cold") }.sorted()
    }

    /// Functions that the user may have meant.
    public func nearMatches(for name: String) -> [String] {
        var sieve = NameSieve(for: name)
        var candidates: [String] = []
        kallsyms.withUnsafeBytes { bytes in
            SymbolLine.forEach(in: bytes) { line in
                guard sieve.passes(UnsafeRawBufferPointer(rebasing: bytes[line.name])),
                    isFunction((line.name.lowerBound - 1, line.type))
                else { return }
                candidates.append(String(decoding: bytes[line.name], as: UTF8.self))
            }
        }
        return NearMatch.suggestions(for: name, among: candidates)
    }

    // MARK: Lines

    private static let (lineFeed, blank, tab) = (UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "\t"))

    /// Where the blank before its name is, and its type.
    private typealias Symbol = (offset: Int, type: UInt8)

    private static func symbols(named name: String, in kallsyms: [UInt8]) -> [Symbol] {
        kallsyms.ranges(of: " \(name)").compactMap { range in
            guard range.upperBound == kallsyms.count || [lineFeed, tab].contains(kallsyms[range.upperBound]) else {
                return nil
            }
            return symbol(before: range.lowerBound, in: kallsyms)
        }
    }

    private static func symbol(before offset: Int, in kallsyms: [UInt8]) -> Symbol? {
        guard offset >= 2, kallsyms[offset - 2] == blank else { return nil }
        return (offset, kallsyms[offset - 1])
    }

    private func isFunction(_ symbol: Symbol) -> Bool {
        switch symbol.type {
        case UInt8(ascii: "t"), UInt8(ascii: "T"), UInt8(ascii: "w"), UInt8(ascii: "W"), UInt8(ascii: "i"):
            !data.contains(symbol.offset)
        default: false
        }
    }

    private func text(from start: Int) -> String {
        String(decoding: kallsyms[start...].prefix { $0 != Self.lineFeed && $0 != Self.tab }, as: UTF8.self)
    }
}
