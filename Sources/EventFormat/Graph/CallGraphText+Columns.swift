/// The parts of a line.
extension CallGraphText {
    /// `verif_pid`: another task runs on the CPU.
    mutating func appendProlog(
        _ record: UnsafeRawBufferPointer, _ cpu: UInt32, _ naming: TaskNaming, _ out: inout TextBuffer
    ) {
        let task = catalog.commonFields.pid(of: record) ?? 0
        let before = cpus[cpu]?.task
        guard before != task else { return }
        update(cpu) { $0.task = task }
        guard let before else { return }
        out.append(Self.rule)
        appendCPU(cpu, &out)
        append(task: before, naming, to: &out)
        out.append(" => ")
        append(task: task, naming, to: &out)
        out.append(UInt8(ascii: "\n"))
        out.append(Self.rule)
        out.append(UInt8(ascii: "\n"))
    }

    /// `print_graph_proc`: at most seven bytes of the name, in the middle of 14 columns.
    func append(task: Int32, _ naming: TaskNaming, to out: inout TextBuffer) {
        let start = out.count
        naming(task, &out)
        out.truncate(to: min(out.count, start + 7))
        if isForTerminal { out.makeSafe(from: start) }
        out.append(UInt8(ascii: "-"))
        out.append(decimal: Int64(task))
        let spaces = max(0, 14 - (out.count - start))
        out.insert(repeating: 32, count: spaces / 2, at: start)
        out.append(repeating: 32, count: spaces - spaces / 2)
    }

    func appendCPU(_ cpu: UInt32, _ out: inout TextBuffer) {
        out.append(UInt8(ascii: " "))
        out.append(decimal: UInt64(cpu), column: cpuDigits)
        out.append(") ")
    }

    /// `print_graph_irq`.
    func appendArrow(
        _ arrow: StaticString, _ function: UInt64, _ cpu: UInt32, _ out: inout TextBuffer
    ) {
        guard interrupts.contains(function) else { return }
        appendCPU(cpu, &out)
        out.append("  ")
        out.append(arrow)
        out.append(" |\n")
    }

    /// `%ps`.
    func append(function: UInt64, to out: inout TextBuffer) {
        append(function, .plain, to: &out)
    }

    func append(_ address: UInt64, _ form: SymbolForm, to out: inout TextBuffer) {
        guard let symbols = catalog.environment.pointee.symbols else {
            out.append("0x")
            return out.append(hex: address)
        }
        let start = out.count
        symbols.append(address, form, to: &out)
        if isForTerminal { out.makeSafe(from: start) }
    }
}
