extension Machine {
    /// `trace_stack_print` and `trace_user_stack_print`, without the last newline.
    func stackTrace(_ step: Instruction, _ out: inout TextBuffer) {
        guard let base = record.baseAddress else { return }
        let width = environment.longSize
        let kind: LoadKind = width == 8 ? .u64 : .u32
        let isKernel = step.small == StackForm.kernel.rawValue
        let end = isKernel ? record.count : min(record.count, Int(step.operand) + Int(step.immediate))
        let none: UInt64 = width == 8 ? .max : UInt64(UInt32.max)
        var offset = Int(step.operand)
        while offset + width <= end {
            let address = base.integer(kind, at: offset)
            if isKernel ? address == none : address == 0 { break }
            if offset > Int(step.operand) { out.append(10) }
            out.append(" => ")
            if !isKernel {
                out.append(" <")
                out.append(hex: address, digits: 2 * width)
                out.append(">")
            } else if address == UInt64(Int32.max) {
                // FTRACE_TRAMPOLINE_MARKER of kernel/trace/trace.h
                out.append("[FTRACE TRAMPOLINE]")
            } else {
                symbol(address, .bare, &out)
            }
            offset += width
        }
    }

    /// The stack of a synthetic event.
    func symbolList(_ bytes: UnsafeRawBufferPointer, _ out: inout TextBuffer) {
        guard let base = bytes.baseAddress else { return }
        let width = environment.longSize
        var offset = 0
        while offset + width <= bytes.count {
            let address = base.integer(width == 8 ? .u64 : .u32, at: offset)
            if address == 0 { break }
            out.append("=> ")
            symbol(address, .offset, &out)
            out.append(10)
            offset += width
        }
    }
}
