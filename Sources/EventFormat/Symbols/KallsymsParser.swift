/// Reads `/proc/kallsyms`: `ffffffff81000000 T _stext` and `ffffffffc0201000 t name\t[module]`.
struct KallsymsParser {
    private struct Symbol {
        let address: UInt64
        let name: KernelSymbols.Name
    }

    private var core: [Symbol] = []
    private var modules: [Symbol] = []
    private var text: [UInt8] = []
    private var zeros = 0
    private var moduleOffsets: [[UInt8]: UInt32] = [:]
    /// Addresses of the kernel's parts: `_stext`, `_etext`, `_sinittext`, `_einittext`, `_end`.
    private var marks: [String: UInt64] = [:]
    private var trampolines: (UInt64, UInt64) = (0, 0)

    mutating func parse(_ bytes: UnsafeRawBufferPointer) {
        text.reserveCapacity(min(bytes.count, 1 << 24))
        var position = 0
        while position < bytes.count {
            let lineStart = position
            while position < bytes.count, bytes[position] != 10 { position += 1 }
            parse(line: UnsafeRawBufferPointer(rebasing: bytes[lineStart..<position]))
            position += 1
        }
        // If an address has several names, the kernel uses the first, so the sort must be stable.
        core.sort { $0.address < $1.address }
        modules.sort { $0.address < $1.address }
        preferFunctionsToMarks()
    }

    /// A mark of the linker, `_stext`, is at the address of the first function behind it. The kernel's own table has names
    /// without underscores first (compare_symbols of scripts/kallsyms.c); one that was put together may not.
    private mutating func preferFunctionsToMarks() {
        let underscore = UInt8(ascii: "_")
        for mark in marks.values {
            guard let first = core.firstIndex(where: { $0.address == mark }),
                text[Int(core[first].name.offset)] == underscore
            else { continue }
            let run = core[first...].prefix { $0.address == mark }
            if let function = run.indices.first(where: { text[Int(core[$0].name.offset)] != underscore }) {
                core.insert(core.remove(at: function), at: first)
            }
        }
    }

    private mutating func parse(line: UnsafeRawBufferPointer) {
        var position = 0
        var address: UInt64 = 0
        while position < line.count, let digit = Self.hexDigit(line[position]) {
            guard position < 16 else { return }
            address = address << 4 | UInt64(digit)
            position += 1
        }
        // Address, space, type, space, name.
        guard position > 0, position + 3 < line.count, line[position] == 32, line[position + 2] == 32 else { return }
        let nameStart = position + 3
        var nameEnd = nameStart
        while nameEnd < line.count, line[nameEnd] > 32 { nameEnd += 1 }
        let length = nameEnd - nameStart
        // A kernel that hides its addresses (kernel.kptr_restrict) states zeros. Nothing runs at address 0, so what has
        // that address, hidden or relative to a CPU, names nothing.
        if address == 0 { zeros += 1 }
        guard length > 0, length < 1024, text.count < Int(Int32.max), address != 0 else { return }
        let offset = UInt32(text.count)
        text.append(contentsOf: line[nameStart..<nameEnd])

        var moduleStart = nameEnd
        while moduleStart < line.count, line[moduleStart] != UInt8(ascii: "[") { moduleStart += 1 }
        guard moduleStart < line.count else {
            note(special: line[nameStart..<nameEnd], address)
            let name = KernelSymbols.Name(offset: offset, length: UInt16(length), moduleLength: 0, moduleOffset: 0)
            core.append(Symbol(address: address, name: name))
            return
        }
        let module = Array(line[moduleStart...].prefix(256).prefix { $0 > 32 })
        let moduleOffset: UInt32
        if let known = moduleOffsets[module] {
            moduleOffset = known
        } else {
            moduleOffset = UInt32(text.count)
            text += module
            moduleOffsets[module] = moduleOffset
        }
        modules.append(
            Symbol(
                address: address,
                name: KernelSymbols.Name(
                    offset: offset, length: UInt16(length), moduleLength: UInt16(module.count),
                    moduleOffset: moduleOffset)))
    }

    private mutating func note(special name: Slice<UnsafeRawBufferPointer>, _ address: UInt64) {
        guard let first = name.first, first == UInt8(ascii: "_") || first == UInt8(ascii: "a") else { return }
        if name.count < 11,
            let mark = ["_stext", "_etext", "_sinittext", "_einittext", "_end"].first(where: {
                name.elementsEqual($0.utf8)
            })
        {
            if marks[mark] == nil { marks[mark] = address }
        } else if name.elementsEqual("__kretprobe_trampoline".utf8) {
            trampolines.0 = address
        } else if name.elementsEqual("arch_rethook_trampoline".utf8) {
            trampolines.1 = address
        }
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 97...102: byte - 87
        case 65...70: byte - 55
        default: nil
        }
    }

    /// Whether there are symbols, and all are at address 0.
    var hasOnlyZeros: Bool { zeros > 0 && core.isEmpty && modules.isEmpty }

    /// Copies everything into memory that it owns.
    func makeView() -> KernelSymbols.View {
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, text.count))
        bytes.initialize(from: text, count: text.count)
        return KernelSymbols.View(
            core: Self.table(core), modules: Self.table(modules), text: UnsafePointer(bytes),
            coreStart: marks["_stext"] ?? core.first?.address ?? 1, coreEnd: coreEnd,
            coreGap: coreGap, trampolines: trampolines)
    }

    /// Where the kernel's own addresses end. Without CONFIG_KALLSYMS_ALL there is no `_end`; then nothing behind its
    /// code has a name. Without either, the last symbol is taken to end with its page.
    private var coreEnd: UInt64 {
        if let end = marks["_end"] { return end }
        let last = core.last?.address ?? 0
        let ends = [marks["_etext"], marks["_einittext"]].compactMap { $0 }
        if let end = ends.max(), end >= last { return end }
        return (last | 4095) &+ 1
    }

    private var coreGap: Range<UInt64> {
        guard marks["_end"] == nil, let code = marks["_etext"], let setup = marks["_sinittext"], code < setup else {
            return 0..<0
        }
        return code..<setup
    }

    private static func table(_ symbols: [Symbol]) -> KernelSymbols.Table {
        let addresses = UnsafeMutablePointer<UInt64>.allocate(capacity: max(1, symbols.count))
        let names = UnsafeMutablePointer<KernelSymbols.Name>.allocate(capacity: max(1, symbols.count))
        for (index, symbol) in symbols.enumerated() {
            (addresses + index).initialize(to: symbol.address)
            (names + index).initialize(to: symbol.name)
        }
        return KernelSymbols.Table(
            addresses: UnsafePointer(addresses), names: UnsafePointer(names), count: symbols.count)
    }
}
