import Searching

extension KernelSymbols.Table {
    /// The symbol at or below `address` and the address of the next symbol. If several have the same address it is the
    /// first, as in `get_symbol_pos` of kernel/kallsyms.c.
    func find(_ address: UInt64) -> (index: Int, next: UInt64?)? {
        let sorted = UnsafeBufferPointer(start: addresses, count: count)
        let behind = sorted.partitioningIndex { $0 > address }
        guard behind > 0 else { return nil }
        let found = addresses[behind &- 1]
        // Aliases are few, but a hostile file may consist of them, so use binary search for the first.
        return (sorted.partitioningIndex { $0 >= found }, behind < count ? addresses[behind] : nil)
    }
}

extension KernelSymbols.View {
    struct Match {
        let name: KernelSymbols.Name
        let offset: UInt64
        let size: UInt64
    }

    func find(_ address: UInt64) -> Match? {
        if address >= coreStart, address < coreEnd, !coreGap.contains(address), let (index, next) = core.find(address) {
            let start = core.addresses[index]
            let end = min(next ?? coreEnd, coreEnd)
            return Match(name: core.names[index], offset: address &- start, size: end &- start)
        }
        guard let (index, next) = modules.find(address) else { return nil }
        let start = modules.addresses[index]
        // kallsyms does not state where a module ends. Assume that its last symbol ends at a page boundary.
        let page = (start | 4095) &+ 1
        let end = next.flatMap { isSameModule(index, symbolAt: $0) ? $0 : min($0, page) } ?? page
        guard address < end else { return nil }
        return Match(name: modules.names[index], offset: address &- start, size: end &- start)
    }

    private func isSameModule(_ index: Int, symbolAt next: UInt64) -> Bool {
        guard let (other, _) = modules.find(next) else { return false }
        return modules.names[other].moduleOffset == modules.names[index].moduleOffset
    }

    /// The address range of the symbol with this name; the first, if there are several. This is linear in the number of
    /// symbols.
    func range(named name: String) -> (start: UInt64, end: UInt64)? {
        guard let (table, index) = index(named: name) else { return nil }
        let start = table.addresses[index]
        return find(start).map { (start, start &+ $0.size) }
    }

    /// The address of the symbol with this name; the first, if there are several. This is linear in the number of symbols.
    func address(named name: String) -> UInt64? { index(named: name).map { $0.addresses[$1] } }

    private func index(named name: String) -> (KernelSymbols.Table, Int)? {
        let wanted = Array(name.utf8)
        for table in [core, modules] {
            for index in 0..<table.count where Int(table.names[index].length) == wanted.count {
                let bytes = UnsafeBufferPointer(start: text + Int(table.names[index].offset), count: wanted.count)
                if bytes.elementsEqual(wanted) { return (table, index) }
            }
        }
        return nil
    }

    /// Whether an address belongs to the kernel and not to a process.
    func isKernel(_ address: UInt64, longSize: Int) -> Bool {
        if address >= coreStart && address < coreEnd && core.count > 0 { return true }
        return longSize == 8 ? address >> 63 == 1 : find(address) != nil
    }

    /// Appends an address in one of the kernel's forms.
    func append(_ address: UInt64, _ form: SymbolForm, to out: inout TextBuffer) {
        switch form {
        case .offset, .plain, .backtrace: appendConversion(address, form, to: &out)
        case .bare, .bareOffset, .probe, .probeFunction: appendInstruction(address, form, to: &out)
        }
    }

    /// `%pS`, `%ps`, `%pB`: `__sprint_symbol` of kernel/kallsyms.c.
    private func appendConversion(_ address: UInt64, _ form: SymbolForm, to out: inout TextBuffer) {
        // A return address may be after the end of its function.
        let back: UInt64 = form == .backtrace ? 1 : 0
        guard let match = find(address &- back) else {
            out.append("0x")
            out.append(hex: address)
            return
        }
        appendName(match, to: &out)
        if form != .plain { appendOffset(match, plus: back, to: &out) }
        if match.name.moduleLength > 0 {
            out.append(32)
            out.append(text + Int(match.name.moduleOffset), count: Int(match.name.moduleLength))
        }
    }

    private func appendName(_ match: Match, to out: inout TextBuffer) {
        out.append(text + Int(match.name.offset), count: Int(match.name.length))
    }

    private func appendOffset(_ match: Match, plus back: UInt64, to out: inout TextBuffer) {
        out.append("+0x")
        out.append(hex: match.offset &+ back)
        out.append("/0x")
        out.append(hex: match.size)
    }

    /// `seq_print_ip_sym` of kernel/trace/trace_output.c.
    private func appendInstruction(_ address: UInt64, _ form: SymbolForm, to out: inout TextBuffer) {
        if form == .bare || form == .bareOffset, address == 0 {
            out.append(UInt8(ascii: "0"))
            return
        }
        if address != 0, address == trampolines.0 || address == trampolines.1 {
            out.append("[unknown/kretprobe'd]")
            return
        }
        if form == .bareOffset || form == .probe {
            appendConversion(address, .offset, to: &out)
        } else if let match = find(address) {
            appendName(match, to: &out)
        } else {
            out.append("0x")
            let digits = (67 &- address.leadingZeroBitCount) / 4
            out.append(hex: address, digits: max(8, digits))
        }
    }
}
