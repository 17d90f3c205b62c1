import BPF
import SystemFacts

/// How a stack lies in a key: a number that is made of all its addresses, and for a program's its process too.
enum StackKey {
    /// Bytes of the kernel's.
    static let size = 8
    /// A program's: behind the number of the stack stand the number of the process and its generation, 32 bits each
    /// (`ProcessGenerations`).
    static let userSize = 16
    static let process = 8
    static let generation = 12
    /// Addresses kept of each stack, as the kernel itself keeps (PERF_MAX_STACK_DEPTH).
    static let depth = 127
    /// Bytes of one stack's addresses.
    static let bytes = 8 * depth
}

/// The addresses of the stacks of a table: for each slot of a key, and one more for each CPU, into which it reads a stack
/// before it knows the slot.
///
/// The kernel's own maps of stacks (BPF_MAP_TYPE_STACK_TRACE) give a number for a stack, but none where another stack
/// has its place, and a stack is absent for a moment while a process reads it.
final class StackStorage {
    /// An element has the stacks of one key.
    let frames: BPFMap
    let shape: ProgramTable.Shape
    private let stacks: [(offset: Int, isUser: Bool)]
    private let values: BPFValues
    let names: StackNames
    /// By slot.
    private var named: [Int: [String]] = [:]
    /// Slots whose processes were looked at.
    private var seen: Set<Int> = []
    private var textBytes = 0

    /// Bytes of whole texts that a table keeps, for each slot on average. What comes after that is shortened.
    static let textPerSlot = 1 << 10

    init(_ key: ProgramKey, _ shape: ProgramTable.Shape, _ names: StackNames) throws(BPFError) {
        stacks = key.stacks
        self.shape = shape
        self.names = names
        frames = try BPFMap(
            .array, keySize: 4, valueSize: StackKey.bytes * max(1, stacks.count), entries: shape.slots + shape.cpus)
        values = try BPFValues(frames)
    }

    /// Bytes of the kernel's memory and of text.
    static func memory(_ key: ProgramKey, _ shape: ProgramTable.Shape) -> Int {
        let count = key.stacks.count
        guard count > 0 else { return 0 }
        return BPFMap.size(
            .array, keySize: 4, valueSize: StackKey.bytes * count, entries: shape.slots + shape.cpus, cpus: shape.cpus)
            + (textPerSlot + StackText.short * count) * shape.slots
    }

    func isSeen(_ slot: Int) -> Bool { seen.contains(slot) || named[slot] != nil }

    /// - Parameter key: of a slot.
    func look(_ slots: [Int], key: (Int) -> UnsafeRawBufferPointer) {
        guard let part = stacks.first(where: \.isUser), !slots.isEmpty else { return }
        names.look(at: Set(slots.map { process(key($0), part.offset) }))
        seen.formUnion(slots)
    }

    private func process(_ key: UnsafeRawBufferPointer, _ offset: Int) -> CallStack.Process {
        CallStack.Process(
            id: Int32(bitPattern: key.load(fromByteOffset: offset + StackKey.process, as: UInt32.self)),
            generation: key.load(fromByteOffset: offset + StackKey.generation, as: UInt32.self))
    }

    func isNamed(_ slot: Int) -> Bool { named[slot] != nil }

    /// The texts of a slot's stacks; empty for one that is not named.
    func texts(of slot: Int) -> [String] { named[slot] ?? [] }

    /// - Parameter key: of a slot.
    func name(_ slots: [Int], key: (Int) -> UnsafeRawBufferPointer) {
        guard !slots.isEmpty else { return }
        var found: [(slot: Int, stack: CallStack)] = []
        for slot in slots {
            for (index, part) in stacks.enumerated() {
                found.append((slot, stack(values[slot], index, part, key(slot))))
            }
        }
        let texts = names.texts(of: found.map(\.stack))
        for (index, slot) in slots.enumerated() {
            let own = Array(texts[index * stacks.count..<(index + 1) * stacks.count])
            let bytes = own.reduce(0) { $0 + $1.utf8.count }
            guard textBytes + bytes <= Self.textPerSlot * shape.slots else {
                named[slot] = own.map(StackText.shortened)
                continue
            }
            textBytes += bytes
            named[slot] = own
        }
    }

    private func stack(
        _ frames: UnsafeRawBufferPointer, _ index: Int, _ part: (offset: Int, isUser: Bool),
        _ key: UnsafeRawBufferPointer
    ) -> CallStack {
        var addresses: [UInt64] = []
        for frame in 0..<StackKey.depth {
            let address = frames.load(fromByteOffset: index * StackKey.bytes + 8 * frame, as: UInt64.self)
            guard address != 0 else { break }
            addresses.append(address)
        }
        return CallStack(addresses: addresses, process: part.isUser ? process(key, part.offset) : nil)
    }
}
