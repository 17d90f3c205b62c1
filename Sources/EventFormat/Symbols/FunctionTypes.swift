/// The parameters of a kernel's functions by name, from its type information: what is needed to print the arguments of
/// a `function` line.
public final class FunctionTypes: @unchecked Sendable {
    // Unchecked: only `init` writes the memory behind the view.
    let view: View
    /// Functions with known parameters.
    public let count: Int

    /// How `print_function_args` of kernel/trace/trace_output.c prints an argument.
    enum Form: UInt8 {
        case hexadecimal, signed, unsigned, enumeration, unknown, aggregate
    }

    /// A name of a value.
    struct Enumerator {
        let value: Int32
        let nameLength: UInt16
        let nameOffset: UInt32
    }

    struct Parameter {
        let nameOffset: UInt32
        let nameLength: UInt16
        let form: Form
        /// Of an aggregate: its kind, and its size in bytes.
        let kind: UInt8
        let size: UInt32
        /// Of an enumeration: its names.
        let firstEnumerator: UInt32
        let enumeratorCount: UInt16
    }

    struct Function {
        let nameOffset: UInt32
        /// 0 for an empty slot.
        let nameLength: UInt16
        let parameterCount: UInt16
        let firstParameter: UInt32
    }

    /// A hash table with open addressing.
    struct View {
        let slots: UnsafePointer<Function>
        let mask: Int
        let parameters: UnsafePointer<Parameter>
        let enumerators: UnsafePointer<Enumerator>
        let text: UnsafePointer<UInt8>

        /// FNV-1a.
        static func hash(_ name: UnsafeRawBufferPointer) -> Int {
            var value: UInt32 = 2_166_136_261
            for byte in name { value = (value ^ UInt32(byte)) &* 16_777_619 }
            return Int(value)
        }

        func find(_ name: UnsafeRawBufferPointer) -> Function? {
            var index = Self.hash(name) & mask
            while slots[index].nameLength != 0 {
                let slot = slots[index]
                if Int(slot.nameLength) == name.count,
                    UnsafeRawBufferPointer(start: text + Int(slot.nameOffset), count: name.count).elementsEqual(name)
                {
                    return slot
                }
                index = (index &+ 1) & mask
            }
            return nil
        }
    }

    /// - Parameter btf: the contents of `/sys/kernel/btf/vmlinux`.
    /// - Throws: `TypeInformation.Failure` for malformed data.
    public init(parsing btf: UnsafeRawBufferPointer) throws(TypeInformation.Failure) {
        var reader = try FunctionTypeReader(types: TypeInformation(btf))
        reader.read()
        count = reader.functions.count
        var capacity = 16
        while capacity < 2 * count { capacity *= 2 }
        let slots = UnsafeMutablePointer<Function>.allocate(capacity: capacity)
        slots.initialize(
            repeating: Function(nameOffset: 0, nameLength: 0, parameterCount: 0, firstParameter: 0), count: capacity)
        let parameters = UnsafeMutablePointer<Parameter>.allocate(capacity: max(1, reader.parameters.count))
        parameters.initialize(from: reader.parameters, count: reader.parameters.count)
        let enumerators = UnsafeMutablePointer<Enumerator>.allocate(capacity: max(1, reader.enumerators.count))
        enumerators.initialize(from: reader.enumerators, count: reader.enumerators.count)
        let text = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, reader.text.count))
        text.initialize(from: reader.text, count: reader.text.count)
        for function in reader.functions {
            let name = UnsafeRawBufferPointer(start: text + Int(function.nameOffset), count: Int(function.nameLength))
            var index = View.hash(name) & (capacity - 1)
            while slots[index].nameLength != 0 { index = (index + 1) & (capacity - 1) }
            slots[index] = function
        }
        view = View(
            slots: UnsafePointer(slots), mask: capacity - 1, parameters: UnsafePointer(parameters),
            enumerators: UnsafePointer(enumerators), text: UnsafePointer(text))
    }

    deinit {
        view.slots.deallocate()
        view.parameters.deallocate()
        view.enumerators.deallocate()
        view.text.deallocate()
    }
}

/// Collects functions and their parameters.
private struct FunctionTypeReader {
    let types: TypeInformation
    var functions: [FunctionTypes.Function] = []
    var parameters: [FunctionTypes.Parameter] = []
    var enumerators: [FunctionTypes.Enumerator] = []
    /// Where the names of an enumeration begin in `enumerators`, by where its members begin in the types.
    private var known: [Int: UInt32] = [:]
    var text: [UInt8] = []
    private let entries: TypeInformation.Entries

    init(types: TypeInformation) throws(TypeInformation.Failure) {
        self.types = types
        entries = try TypeInformation.Entries(of: types)
    }

    mutating func read() {
        var known: Set<[UInt8]> = []
        for entry in entries.all where entry.kind == .function {
            guard let name = types.name(at: entry.name), !name.isEmpty, known.insert(Array(name)).inserted,
                let prototype = entries[entry.sizeOrType], prototype.kind == .prototype
            else { continue }
            functions.append(
                FunctionTypes.Function(
                    nameOffset: UInt32(text.count), nameLength: UInt16(name.count),
                    parameterCount: UInt16(min(prototype.members, Int(UInt16.max))),
                    firstParameter: UInt32(parameters.count)))
            text += name
            for member in 0..<prototype.members { append(at: prototype.data + 8 * member) }
        }
    }

    private mutating func append(at location: Int) {
        let name = types.name(at: Int(types.word(at: location)))
        let type = entries.unqualified(Int(types.word(at: location + 4)))
        let form: FunctionTypes.Form
        switch type?.kind {
        case nil, .void: form = .unknown
        case .pointer: form = .hexadecimal
        // BTF_INT_SIGNED of the encoding, in the word behind the type.
        case .integer: form = types.word(at: type?.data ?? 0) >> 24 & 1 == 1 ? .signed : .unsigned
        case .enumeration: form = .enumeration
        default: form = .aggregate
        }
        let nameOffset = UInt32(text.count)
        if let name { text += name }
        let enumeration = form == .enumeration ? type : nil
        parameters.append(
            FunctionTypes.Parameter(
                nameOffset: nameOffset, nameLength: UInt16(name?.count ?? 0), form: form,
                kind: UInt8(type?.kind.rawValue ?? 0), size: UInt32(truncatingIfNeeded: type?.sizeOrType ?? 0),
                firstEnumerator: enumeration.map { names(of: $0) } ?? 0,
                enumeratorCount: UInt16(enumeration?.members ?? 0)))
    }

    /// Adds the names of an enumeration, once.
    private mutating func names(of type: TypeInformation.Entry) -> UInt32 {
        if let first = known[type.data] { return first }
        let first = UInt32(enumerators.count)
        known[type.data] = first
        for member in 0..<type.members {
            let name = types.name(at: Int(types.word(at: type.data + 8 * member)))
            enumerators.append(
                FunctionTypes.Enumerator(
                    value: Int32(truncatingIfNeeded: types.word(at: type.data + 8 * member + 4)),
                    nameLength: UInt16(name?.count ?? 0), nameOffset: UInt32(text.count)))
            if let name { text += name }
        }
        return first
    }
}
