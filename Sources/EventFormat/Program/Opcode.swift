/// What an instruction does. The machine has a stack of 64-bit values and writes text; `operand`, `small`, `medium` and
/// `immediate` are the parts of `Instruction`.
enum Opcode: UInt8 {
    // Values.
    /// Push `immediate`.
    case constant
    /// Push the integer of kind `small` at offset `operand` of the record.
    case load
    /// Push a span: `immediate` bytes at offset `operand`. With `small` = 1 it reaches to the record's end.
    case span
    /// Push the span that the location word at `operand` describes. With `small` = 1 its offset counts from the word's
    /// end.
    case dynamicSpan
    /// Push the length in bytes of the data that the location word at `operand` describes.
    case dynamicLength
    /// Pop an index and a span, push the element of kind `small`, or 0 if it is outside of the span.
    case element
    /// Pop an index and a span, push the rest of the span from `operand` times the index bytes on.
    case advance
    /// Pop two values, push one: `small` is an `Arithmetic`.
    case arithmetic
    /// Truncate the top to kind `small`.
    case convert
    case negate, complement, isZero
    /// Replace the top by the number of its highest bit; -1 for 0.
    case highestBit
    /// Reverse the lowest `small` bytes of the top.
    case swapBytes
    /// Push the kernel's jiffies at the time of the event.
    case jiffies
    /// Push the event's time stamp.
    case timestamp
    case storeLocal, loadLocal
    /// Continue at `operand`, which is always a later instruction.
    case jump
    case jumpIfZero, jumpIfNotZero
    case drop

    // Text.
    /// Write `immediate` bytes of the literals from `operand` on.
    case literal
    /// Write the field of kind `small` at `operand`, as unsigned decimal, signed decimal or hexadecimal.
    case fieldUnsigned, fieldSigned, fieldHex
    /// The same with number style `medium`.
    case fieldNumber
    /// Pop a value and, if number style `medium` needs them, precision and width.
    case number
    case character
    /// Write the string in the `immediate` bytes at `operand`.
    case fixedString
    /// Write the string that the location word at `operand` describes. `small` is as for `dynamicSpan`.
    case dynamicString
    /// Pop a span and write its string.
    case spanString
    /// Pop a kernel address and write the string there.
    case kernelString
    /// Pop a value and write its name in table `operand`.
    case symbolic
    case flags
    /// Remember the length of the text, so that `endField` can pad and truncate the new text for string style `medium`.
    case beginField, endField
    /// Pop element size, count and span, and write `{0x1,0x2}`.
    case array
    /// Pop length and span. `small` is a `HexForm`.
    case hexBytes
    /// Pop ascii, length, span, group size, row size and prefix type. The prefix is the literal `operand`, `immediate`.
    case hexDump
    /// Pop a span of bits.
    case bitmask
    /// Pop number of bits and span, and write ranges of set bits, `0-3,5`.
    case bitList
    /// Pop a span and write a network address in form `small`.
    case ip4, ip6, mac, uuid, socketAddress
    /// Pop an address and write its symbol in form `small`.
    case symbol
    /// Pop an error number and write its name.
    case errorName

    // Texts of the kernel that no print format describes.
    /// Write the system call argument of kind `small` at `operand`, in decimal below ten, else in hexadecimal with
    /// `0x`.
    case syscallArgument
    /// Write the arguments of the function whose address is at `immediate`, from the registers at `operand` on.
    case functionArguments
    /// Pop how many bytes a system call was given and the span of those that the kernel copied, and write
    /// ` (31:0a) "1."`.
    case userBytes
    /// Write the addresses from `operand` to the record's end. `small` is a `StackForm`.
    case stack
    /// Pop a span of addresses and write a line `=> name+0x1/0x20` for each up to the first 0.
    case symbolList
    /// Write the bytes from `operand` to the record's end, each as ` 1f`.
    case rawBytes
    /// Write the text from `operand` to the record's end.
    case trailingString
    /// Write a `trace_printk`, with the address of its format at `operand` and its arguments from `immediate` on.
    case binaryPrintf
    /// Pop a span and write `01,ff`, like `print_array` of trace_output.c.
    case byteList
    /// Pop a pid and write the task's name.
    case taskName
    /// End of the program.
    case stop
}

/// Kinds of integers in a record.
enum LoadKind: UInt8 {
    case u8, s8, u16, s16, u32, s32, u64

    init?(_ type: CType) {
        switch (type.width, type.isSigned) {
        case (1, false): self = .u8
        case (1, true): self = .s8
        case (2, false): self = .u16
        case (2, true): self = .s16
        case (4, false): self = .u32
        case (4, true): self = .s32
        case (8, _): self = .u64
        default: return nil
        }
    }

    var width: Int {
        switch self {
        case .u8, .s8: 1
        case .u16, .s16: 2
        case .u32, .s32: 4
        case .u64: 8
        }
    }

    var isSigned: Bool { self == .s8 || self == .s16 || self == .s32 }
}

enum Arithmetic: UInt8 {
    case add, subtract, multiply, divide, divideSigned, remainder, remainderSigned
    case and, or, xor, shiftLeft, shiftRight, shiftRightSigned
    case equal, notEqual, less, lessSigned, lessEqual, lessEqualSigned
}

enum SymbolForm: UInt8 {
    /// `%pS`: `name+0x1/0x20 [module]`.
    case offset
    /// `%ps`: `name [module]`.
    case plain
    /// `%pB`: like `%pS`, for a return address.
    case backtrace
    /// `seq_print_ip_sym` without offset: the bare name, or `0x%08lx`.
    case bare
    /// The same with an offset.
    case bareOffset
    /// An instruction pointer of a probe: `bareOffset` in the kernel, `0x%lx` in user space.
    case probe
    /// The function of a return probe: `bare` in the kernel, `0x%lx` in user space.
    case probeFunction
}

enum HexForm: UInt8 {
    /// `01 02`, `0102`, `01:02`, `01-02`.
    case spaced, joined, colon, dash
}

enum StackForm: UInt8 {
    case kernel, user
}

/// One step of a program: 16 bytes.
struct Instruction {
    var opcode: Opcode
    var small: UInt8 = 0
    var medium: UInt16 = 0
    var operand: UInt32 = 0
    var immediate: UInt64 = 0
}

/// How to format a number or a string (the printf flags).
struct FieldStyle: Equatable {
    static let fromStack = Int32.min

    var base: UInt8 = 10
    /// Width of the value in bytes.
    var size: UInt8 = 8
    var isSigned = false
    var isUpper = false
    var isLeft = false
    var plus = false
    var space = false
    var isAlternate = false
    var zeroPadded = false
    /// Columns. 0 for none, `fromStack` if it is an argument.
    var width: Int32 = 0
    /// Digits or bytes. -1 for none, `fromStack` if it is an argument.
    var precision: Int32 = -1
}

/// A value with a name, for `__print_symbolic` and `__print_flags`.
struct TableEntry {
    let value: UInt64
    let nameOffset: UInt32
    let nameLength: UInt32
}

/// Entries of one `__print_symbolic` or `__print_flags`.
struct NameTable {
    let first: UInt32
    let count: UInt32
    let delimiterOffset: UInt32
    let delimiterLength: UInt32
}
