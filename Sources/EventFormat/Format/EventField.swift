/// One `field:` line of a format file (kernel/trace/trace_events.c, `f_show`).
public struct EventField: Sendable, Equatable {
    /// How to read the bytes of a field.
    public enum Kind: Sendable, Equatable {
        /// An integer of `size` bytes.
        case integer
        /// A kernel or user space address, `size` bytes.
        case pointer
        /// A char array of fixed length that holds a string, up to its first NUL.
        case string
        /// `count` elements of `element` bytes each.
        case array(element: Int, count: Int)
        /// A 32-bit word with offset (low half) and length (high half) of data in the record, in bytes.
        case dynamic(element: Int, isString: Bool)
        /// Like `dynamic`, but the offset counts from the end of the word (`__rel_loc`).
        case relativeDynamic(element: Int, isString: Bool)
        /// All bytes from `offset` to the end of the record: `args[]`, `buf[]`.
        case trailing(element: Int, isString: Bool)
        /// Bytes of a type whose layout the format does not state.
        case opaque
    }

    /// The C name.
    public let name: String
    /// The C type without the name and the array brackets, e.g. `unsigned long` or `__data_loc char[]`.
    public let type: String
    /// Offset in the record, in bytes.
    public let offset: Int
    /// Size in bytes; 0 for a trailing array.
    public let size: Int
    /// Whether the format states that it is signed.
    public let isSigned: Bool
    /// How to read it.
    public let kind: Kind
    /// The declared number of elements, as in `args[6]`, if it is an array.
    public let declaredCount: Int?

    /// Offset after the last byte.
    public var end: Int { offset + size }

    /// Bytes of one element for all kinds of arrays, else the size.
    public var elementSize: Int {
        switch kind {
        case .array(let element, _), .dynamic(let element, _), .relativeDynamic(let element, _),
            .trailing(let element, _):
            element
        case .string: 1
        case .integer, .pointer, .opaque: size
        }
    }

    /// Whether the field holds only the location of data elsewhere in the record.
    public var isDynamic: Bool {
        switch kind {
        case .dynamic, .relativeDynamic: true
        default: false
        }
    }
}
