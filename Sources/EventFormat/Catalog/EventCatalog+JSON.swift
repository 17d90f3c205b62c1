extension EventCatalog {
    /// Appends an event's own fields as a JSON object, e.g. `{"prev_comm":"bash","prev_pid":1}`.
    ///
    /// Integers are numbers, `bool` is true or false, char arrays are strings, other arrays arrays. Addresses are strings
    /// such as `"0xffff8881b045d240"`, and so are the bytes of fields whose layout is unknown.
    @discardableResult
    public func renderFieldsJSON(_ record: UnsafeRawBufferPointer, into out: inout TextBuffer) -> RenderOutcome {
        out.append(UInt8(ascii: "{"))
        defer { out.append(UInt8(ascii: "}")) }
        guard let type = commonFields.type(of: record), let base = record.baseAddress else { return .truncated }
        guard let layout = slot(type)?.json else { return .unknownType }
        var outcome = RenderOutcome.complete
        for index in 0..<layout.count {
            let item = layout.items[index]
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append(layout.keys + Int(item.keyOffset), count: Int(item.keyLength))
            guard Int(item.offset) + Int(item.size) <= record.count else {
                out.append("null")
                outcome = .truncated
                continue
            }
            if !append(item, base, record, &out) { outcome = .damaged }
        }
        return outcome
    }

    /// Appends one value. Returns `false` if it is outside of the record.
    private func append(
        _ item: JSONLayout.Item, _ base: UnsafeRawPointer, _ record: UnsafeRawBufferPointer, _ out: inout TextBuffer
    ) -> Bool {
        let offset = Int(item.offset)
        let fixed = UnsafeRawBufferPointer(start: base + offset, count: Int(item.size))
        switch item.form {
        case .unsigned: out.append(decimal: base.integer(item.kind, at: offset))
        case .signed: out.append(decimal: Int64(bitPattern: base.integer(item.kind, at: offset)))
        case .boolean:
            if base.integer(item.kind, at: offset) == 0 { out.append("false") } else { out.append("true") }
        case .address:
            out.append("\"0x")
            out.append(hex: base.integer(item.kind, at: offset))
            out.append("\"")
        case .string: out.append(jsonText: fixed)
        case .array: append(fixed, item.kind, &out)
        case .hex: append(hex: fixed, &out)
        case .trailingString: out.append(jsonText: UnsafeRawBufferPointer(rebasing: record[offset...]))
        case .trailingArray: append(UnsafeRawBufferPointer(rebasing: record[offset...]), item.kind, &out)
        case .dynamicString, .dynamicArray:
            guard let span = RecordSpan(locationAt: offset, isRelative: item.isRelative, in: record) else {
                out.append("null")
                return false
            }
            if item.form == .dynamicString {
                append(text: span, item, record, &out)
            } else {
                append(span.bytes(in: record), item.kind, &out)
            }
        case .kernelStack: append(stack: UnsafeRawBufferPointer(rebasing: record[offset...]), isKernel: true, &out)
        case .userStack:
            let end = min(record.count, offset + Self.userCallers * environment.pointee.longSize)
            append(stack: UnsafeRawBufferPointer(rebasing: record[offset..<end]), isKernel: false, &out)
        case .stringArray: return appendStrings(item, record, &out)
        }
        return true
    }

    private func append(_ bytes: UnsafeRawBufferPointer, _ kind: LoadKind, _ out: inout TextBuffer) {
        out.append(UInt8(ascii: "["))
        var offset = 0
        while let base = bytes.baseAddress, offset + kind.width <= bytes.count {
            if offset > 0 { out.append(UInt8(ascii: ",")) }
            let value = base.integer(kind, at: offset)
            if kind.isSigned { out.append(decimal: Int64(bitPattern: value)) } else { out.append(decimal: value) }
            offset += kind.width
        }
        out.append(UInt8(ascii: "]"))
    }

    /// `null` for a text that could not be read.
    private func append(
        text span: RecordSpan, _ item: JSONLayout.Item, _ record: UnsafeRawBufferPointer, _ out: inout TextBuffer
    ) {
        guard span.length > 0 || !item.isFetched else { return out.append("null") }
        out.append(jsonText: span.bytes(in: record))
    }

    /// FTRACE_STACK_ENTRIES of kernel/trace/trace.h.
    private static var userCallers: Int { 8 }

    /// The addresses, and `"functions"` with what they are called: an address without a name is an address.
    private func append(stack bytes: UnsafeRawBufferPointer, isKernel: Bool, _ out: inout TextBuffer) {
        out.append(UInt8(ascii: "["))
        forEachCaller(bytes, isKernel) { index, address in
            if index > 0 { out.append(UInt8(ascii: ",")) }
            out.append("\"0x")
            out.append(hex: address)
            out.append("\"")
        }
        out.append("],\"functions\":[")
        var name = TextBuffer(capacity: 256)
        forEachCaller(bytes, isKernel) { index, address in
            if index > 0 { out.append(UInt8(ascii: ",")) }
            name.removeAll()
            if isKernel, let symbols = environment.pointee.symbols {
                symbols.append(address, .bare, to: &name)
            } else {
                name.append("0x")
                name.append(hex: address)
            }
            // A node's text.
            out.append(jsonString: name.bytes)
        }
        out.append(UInt8(ascii: "]"))
    }

    private func forEachCaller(_ bytes: UnsafeRawBufferPointer, _ isKernel: Bool, _ body: (Int, UInt64) -> Void) {
        guard let base = bytes.baseAddress else { return }
        let width = environment.pointee.longSize
        let none: UInt64 = width == 8 ? .max : UInt64(UInt32.max)
        var index = 0
        while (index + 1) * width <= bytes.count {
            let address = base.integer(width == 8 ? .u64 : .u32, at: index * width)
            if isKernel ? address == none : address == 0 { return }
            body(index, address)
            index += 1
        }
    }

    private func append(hex bytes: UnsafeRawBufferPointer, _ out: inout TextBuffer) {
        out.append(UInt8(ascii: "\""))
        for byte in bytes { out.append(hex: UInt64(byte), digits: 2) }
        out.append(UInt8(ascii: "\""))
    }

    private func appendStrings(
        _ item: JSONLayout.Item, _ record: UnsafeRawBufferPointer, _ out: inout TextBuffer
    ) -> Bool {
        var isWhole = true
        out.append(UInt8(ascii: "["))
        for index in 0..<Int(item.size) / 4 {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            let offset = Int(item.offset) + 4 * index
            if let span = RecordSpan(locationAt: offset, isRelative: item.isRelative, in: record) {
                append(text: span, item, record, &out)
            } else {
                out.append("null")
                isWhole = false
            }
        }
        out.append(UInt8(ascii: "]"))
        return isWhole
    }
}

extension TextBuffer {
    /// Appends the bytes up to the first NUL as a JSON string.
    fileprivate mutating func append(jsonText bytes: UnsafeRawBufferPointer) {
        let end = bytes.firstIndex(of: 0) ?? bytes.count
        append(jsonString: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
    }
}
