extension Machine {
    /// `trace_print_array_seq` of kernel/trace/trace_output.c.
    func array(_ bytes: UnsafeRawBufferPointer, count: UInt64, elementSize: UInt64, _ out: inout TextBuffer) {
        let length: Int
        let (total, overflow) = UInt64(UInt32(truncatingIfNeeded: count)).multipliedReportingOverflow(by: elementSize)
        length = overflow ? bytes.count : Int(min(total, UInt64(bytes.count)))
        out.append(UInt8(ascii: "{"))
        var size = Int(truncatingIfNeeded: elementSize)
        var offset = 0
        while offset < length, let base = bytes.baseAddress {
            let prefix = offset > 0
            if prefix { out.append(UInt8(ascii: ",")) }
            if let kind = LoadKind(CType(width: size, isSigned: false)) {
                guard offset + size <= bytes.count else { break }
                out.append("0x")
                out.append(hex: base.integer(kind, at: offset))
            } else {
                out.append("BAD SIZE:")
                out.append(decimal: elementSize)
                out.append(" 0x")
                out.append(hex: base.integer(.u8, at: offset))
                size = 1
            }
            offset += size
        }
        out.append(UInt8(ascii: "}"))
    }

    /// `trace_print_hex_dump_seq`, with the line layout of `print_hex_dump` in lib/hexdump.c.
    func hexDump(_ step: Instruction, _ values: UnsafeMutablePointer<UInt64>, _ out: inout TextBuffer) {
        let prefixType = values[0]
        let rowSize = values[1] == 32 ? 32 : 16
        let wanted = Int(truncatingIfNeeded: values[2])
        let bytes = RecordSpan(packed: values[3]).bytes(in: record)
        let length = Int(min(UInt64(bytes.count), values[4]))
        let group = [2, 4, 8].contains(wanted) && length % wanted == 0 ? wanted : 1
        out.append(10)
        var offset = 0
        while offset < length {
            let row = UnsafeRawBufferPointer(rebasing: bytes[offset..<min(offset + rowSize, length)])
            out.append(program.literals + Int(step.operand), count: Int(step.immediate))
            // DUMP_PREFIX_ADDRESS prints the record's address in the kernel's buffer, which is not recorded.
            if prefixType == 2 {
                out.append(hex: UInt64(offset), digits: 8)
                out.append(": ")
            }
            hexRow(row, rowSize: rowSize, group: group, isASCII: values[5] != 0, &out)
            out.append(10)
            offset += rowSize
        }
    }

    private func hexRow(
        _ row: UnsafeRawBufferPointer, rowSize: Int, group: Int, isASCII: Bool, _ out: inout TextBuffer
    ) {
        guard let base = row.baseAddress else { return }
        let start = out.count
        for index in stride(from: 0, to: row.count, by: group) {
            if index > 0 { out.append(32) }
            let kind = LoadKind(CType(width: group, isSigned: false)) ?? .u8
            out.append(hex: base.integer(kind, at: index), digits: 2 * group)
        }
        guard isASCII else { return }
        let column = rowSize * 2 + rowSize / group + 1
        out.append(repeating: 32, count: column - (out.count - start))
        for byte in row { out.append(byte >= 32 && byte < 127 ? byte : UInt8(ascii: ".")) }
    }

    /// ` (31:0a) "1."`, as `print_syscall_enter` of kernel/trace/trace_syscalls.c prints what a system call reads from the
    /// program's memory. The text is left out if nothing of it can be printed.
    ///
    /// - Parameter wanted: bytes that the system call was given. The kernel copies a few, and dots stand for the rest.
    func userBytes(_ bytes: UnsafeRawBufferPointer, wanted: Int64, _ out: inout TextBuffer) {
        func isPrintable(_ byte: UInt8) -> Bool { byte >= 32 && byte < 127 }
        let isCut = Int64(bytes.count) < wanted
        out.append(" (")
        out.append(hexBytes: bytes, HexForm.colon.rawValue)
        if isCut { out.append(", ...") }
        out.append(UInt8(ascii: ")"))
        guard bytes.contains(where: isPrintable) else { return }
        out.append(" \"")
        for byte in bytes { out.append(isPrintable(byte) ? byte : UInt8(ascii: ".")) }
        out.append(UInt8(ascii: "\""))
        if isCut { out.append("...") }
    }

    /// `%pe`: `-ENOENT`, or the address if it is not an error.
    func errorName(_ value: UInt64, _ out: inout TextBuffer) {
        let code = 0 &- Int64(bitPattern: value)
        guard code > 0, code <= 4095 else { return out.append(hex: value, digits: environment.longSize * 2) }
        out.append(UInt8(ascii: "-"))
        if code < ErrorNames.all.count, !ErrorNames.all[Int(code)].isEmpty {
            out.append(ErrorNames.all[Int(code)])
        } else {
            out.append(decimal: UInt64(code))
        }
    }
}
