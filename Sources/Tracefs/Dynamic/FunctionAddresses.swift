import Searching

/// Maps addresses to functions of the kernel, and symbols to addresses, so that a probe can be judged by names even if
/// it was defined by an address.
public struct FunctionAddresses: Sendable {
    /// A function, and the offset of an address in it, in bytes.
    public struct Function: Sendable, Hashable {
        public let name: String
        /// Nil for the kernel itself.
        public let module: String?
        public let offset: UInt64
    }

    private struct Symbol: Sendable {
        let address: UInt64
        let isFunction: Bool
        /// Location in `text`.
        let name: Range<Int>
        let module: Range<Int>?
    }

    private let text: [UInt8]
    private let symbols: [Symbol]
    /// Indices of the functions in `symbols`, by address.
    private let functions: [Int]

    public static func current() throws(TracefsError) -> FunctionAddresses {
        FunctionAddresses(kallsyms: try TracefsRoot.kallsyms())
    }

    /// - Parameter kallsyms: lines of `ADDRESS TYPE NAME` and perhaps `[MODULE]`.
    init(kallsyms: [UInt8]) {
        var symbols: [Symbol] = []
        kallsyms.withUnsafeBytes { bytes in
            SymbolLine.forEach(in: bytes) { line in
                guard let address = UInt64(String(decoding: bytes[line.address], as: UTF8.self), radix: 16) else {
                    return
                }
                // Without its brackets.
                let module = line.module.map { $0.dropFirst().dropLast() }
                symbols.append(
                    Symbol(
                        address: address, isFunction: Self.functionTypes.contains(line.type), name: line.name,
                        module: module.map { $0.lowerBound..<$0.upperBound }))
            }
        }
        text = kallsyms
        self.symbols = symbols
        functions = symbols.indices.filter { symbols[$0].isFunction }.sorted {
            symbols[$0].address < symbols[$1].address
        }
    }

    private static let functionTypes = Set("tTwWi".utf8)

    /// Whether the kernel hides its addresses from this process (kernel.kptr_restrict), so that all are zero.
    public var isHidden: Bool { functions.last.map { symbols[$0].address == 0 } ?? true }

    /// The addresses of all symbols with a name, data included: a probe's location may be an offset from any symbol.
    ///
    /// - Parameter module: only symbols of this module. `vmlinux` is the kernel itself.
    public func addresses(of name: String, module: String?) -> [UInt64] {
        let wanted = Array(name.utf8)
        return symbols.filter { symbol in
            text[symbol.name].elementsEqual(wanted) && module.map { isIn($0, symbol) } ?? true
        }.map(\.address)
    }

    /// The kernel's own functions of a name, by address, each with the name of the function before it.
    public func functions(named name: String) -> [(address: UInt64, neighbour: String?)] {
        let wanted = Array(name.utf8)
        var found: [(address: UInt64, neighbour: String?)] = []
        for (place, index) in functions.enumerated() {
            let symbol = symbols[index]
            guard symbol.module == nil, text[symbol.name].elementsEqual(wanted), symbol.address != found.last?.address
            else { continue }
            let before = functions[..<place].last { isNeighbour(symbols[$0], of: symbol) }
            found.append((symbol.address, before.map { String(decoding: text[symbols[$0].name], as: UTF8.self) }))
        }
        return found
    }

    /// Compilers leave room before a function, which has a name of its own (`__pfx_s_next`).
    private func isNeighbour(_ other: Symbol, of symbol: Symbol) -> Bool {
        other.address < symbol.address && !text[other.name].starts(with: "__pfx_".utf8)
    }

    private func isIn(_ module: String, _ symbol: Symbol) -> Bool {
        guard let own = symbol.module else { return module == "vmlinux" }
        // In names of modules, - and _ are the same for the kernel.
        return Self.plain(String(decoding: text[own], as: UTF8.self)) == Self.plain(module)
    }

    private static func plain(_ module: String) -> String { module.replacing("-", with: "_") }

    /// The function at an address, once for each of its names. Empty below the first function.
    public func functions(at address: UInt64) -> [Function] {
        let behind = functions.partitioningIndex { symbols[$0].address > address }
        guard behind > 0 else { return [] }
        let start = symbols[functions[behind - 1]].address
        return functions[..<behind].reversed().prefix { symbols[$0].address == start }.map { index in
            let symbol = symbols[index]
            return Function(
                name: String(decoding: text[symbol.name], as: UTF8.self),
                module: symbol.module.map { String(decoding: text[$0], as: UTF8.self) }, offset: address - start)
        }
    }
}
