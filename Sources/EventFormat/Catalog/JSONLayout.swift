/// How to write an event's fields as a JSON object: a flat array with an item for each field.
final class JSONLayout: @unchecked Sendable {
    // Unchecked: only `init` writes the memory behind the pointer.
    struct Item {
        enum Form: UInt8 {
            case unsigned, signed, boolean, address, string
            case array, dynamicString, dynamicArray, trailingString, trailingArray, hex, stringArray
            /// A stack: addresses up to a mark or to the record's end, and their names in a field of their own.
            case kernelStack, userStack
        }

        let form: Form
        let isRelative: Bool
        /// A text that a probe fetched: without bytes it could not be read.
        let isFetched: Bool
        /// Kind of the integer, or of the elements.
        let kind: LoadKind
        let offset: UInt32
        /// Bytes.
        let size: UInt32
        /// Location of `"name":` in the pool of names.
        let keyOffset: UInt32
        let keyLength: UInt32
    }

    struct View {
        let items: UnsafePointer<Item>
        let count: Int
        let keys: UnsafePointer<UInt8>
    }

    let view: View

    init(_ format: EventFormat) {
        var names = TextBuffer()
        var items: [Item] = []
        for field in format.fields {
            let start = names.count
            names.append(json: field.name)
            names.append(UInt8(ascii: ":"))
            if let stack = Self.stack(format, field) {
                items.append(Self.item(field, key: start, length: names.count - start, stack: stack))
                continue
            }
            items.append(Self.item(field, key: start, length: names.count - start, isFetched: format.isProbe))
        }
        let memory = UnsafeMutablePointer<Item>.allocate(capacity: max(1, items.count))
        memory.initialize(from: items, count: items.count)
        let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, names.count))
        bytes.initialize(from: names.base, count: names.count)
        view = View(items: UnsafePointer(memory), count: items.count, keys: UnsafePointer(bytes))
    }

    deinit {
        view.items.deallocate()
        view.keys.deallocate()
    }

    /// Records of the tracer's stacks state more callers than they have.
    private static func stack(_ format: EventFormat, _ field: EventField) -> Item.Form? {
        guard format.system == "ftrace", field.name == "caller" else { return nil }
        switch format.name {
        case "kernel_stack": return .kernelStack
        case "user_stack": return .userStack
        default: return nil
        }
    }

    private static func item(_ field: EventField, key: Int, length: Int, stack: Item.Form) -> Item {
        Item(
            form: stack, isRelative: false, isFetched: false, kind: .u64, offset: UInt32(field.offset), size: 0,
            keyOffset: UInt32(key), keyLength: UInt32(length))
    }

    private static func item(_ field: EventField, key: Int, length: Int, isFetched: Bool) -> Item {
        let element = LoadKind(CType(width: field.elementSize, isSigned: field.isSigned))
        let form: Item.Form =
            switch field.kind {
            case .integer where field.type == "bool" || field.type == "_Bool": .boolean
            case .integer: field.isSigned ? .signed : .unsigned
            case .pointer: .address
            case .string: .string
            case .array: element == nil ? .hex : .array
            case .dynamic(_, let isString), .relativeDynamic(_, let isString):
                isString
                    ? field.type.hasSuffix("]") && !field.type.hasSuffix("[]") ? .stringArray : .dynamicString
                    : .dynamicArray
            case .trailing(_, let isString): isString ? .trailingString : .trailingArray
            case .opaque: .hex
            }
        return Item(
            form: form, isRelative: field.relativeFlag == 1, isFetched: isFetched, kind: element ?? .u8,
            offset: UInt32(field.offset),
            size: UInt32(field.size), keyOffset: UInt32(key), keyLength: UInt32(length))
    }
}
