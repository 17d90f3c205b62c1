import BPF

extension CountingProgram {
    /// An odd number with about as many ones as zeros (the 64 bits of the golden ratio).
    private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15
    /// Addresses between two questions whether the stack has ended.
    private static let step = 8

    /// Reads a stack into this CPU's element and puts its number into the key. Two of a table's stacks have the same
    /// number with a probability of 2^-64; it begins with a random one, so that nobody can prepare them.
    mutating func addStack(isUser: Bool, at place: Int16) {
        guard let stacks = table.stacks,
            let index = table.key.stacks.firstIndex(where: { $0.isUser == isUser })
        else { return }
        let start = Int16(StackKey.bytes * index)
        let (done, skip) = (code.label(), code.label())
        clear(place, bytes: isUser ? StackKey.userSize : StackKey.size)
        findScratch(stacks, key: Stack.number)
        code.jump(if: .r0, .equal, .immediate(0), to: end)
        code.move(.r8, .register(.r0))
        if isSample {
            // The idle task is one row, without a stack.
            code.store(.eight, .r8, start, .immediate(0))
            code.load(.r1, .four, .frame, Stack.thread)
            code.jump(if: .r1, .equal, .immediate(0), to: skip)
        }
        code.move(.r1, .register(.r6))
        code.move(.r2, .register(.r8))
        code.apply(.add, .r2, .immediate(Int32(start)))
        code.move(.r3, .immediate(Int32(StackKey.bytes)))
        code.move(.r4, .immediate(isUser ? BPFStack.isUser : 0))
        code.call(.stack)

        code.load(.r1, constant: stacks.names.seed)
        code.load(.r3, constant: Self.factor)
        for frame in 0..<StackKey.depth {
            code.load(.r2, .eight, .r8, start + Int16(8 * frame))
            if frame % Self.step == 0 { code.jump(if: .r2, .equal, .immediate(0), to: done) }
            code.apply(.xor, .r1, .register(.r2))
            code.apply(.multiply, .r1, .register(.r3))
            code.move(.r2, .register(.r1))
            code.apply(.shiftRight, .r2, .immediate(32))
            code.apply(.xor, .r1, .register(.r2))
        }
        code.place(done)
        code.store(.eight, .frame, place, .register(.r1))
        if isUser { addProcess(stacks.names.generations, at: place) }
        code.place(skip)
    }

    /// r0 = the address of this CPU's element.
    private mutating func findScratch(_ stacks: StackStorage, key: Int16) {
        code.call(.currentCPU)
        code.apply(.add, .r0, .immediate(Int32(stacks.shape.slots)))
        code.store(.four, .frame, key, .register(.r0))
        lookUp(stacks.frames, key)
    }

    /// The process, and its generation.
    private mutating func addProcess(_ generations: ProcessGenerations?, at place: Int16) {
        code.call(.currentTask)
        code.apply(.shiftRight, .r0, .immediate(32))
        code.store(.four, .frame, place + Int16(StackKey.process), .register(.r0))
        guard let generations else { return }
        let missing = code.label()
        code.apply(.and, .r0, .immediate(Int32(ProcessGenerations.count - 1)))
        code.store(.four, .frame, Stack.number, .register(.r0))
        lookUp(generations.map, Stack.number)
        code.jump(if: .r0, .equal, .immediate(0), to: missing)
        code.load(.r0, .eight, .r0, 0)
        code.store(.four, .frame, place + Int16(StackKey.generation), .register(.r0))
        code.place(missing)
    }

    /// Copies the stacks of a new key into the element of its slot, which is in `Stack.number`.
    mutating func keepStacks(_ lost: BPFAssembler.Label) {
        guard let stacks = table.stacks else { return }
        lookUp(stacks.frames, Stack.number)
        code.jump(if: .r0, .equal, .immediate(0), to: lost)
        code.move(.r8, .register(.r0))
        findScratch(stacks, key: Stack.wide)
        code.jump(if: .r0, .equal, .immediate(0), to: lost)
        for word in stride(from: 0, to: StackKey.bytes * table.key.stacks.count, by: 8) {
            code.load(.r1, .eight, .r0, Int16(word))
            code.store(.eight, .r8, Int16(word), .register(.r1))
        }
    }
}
