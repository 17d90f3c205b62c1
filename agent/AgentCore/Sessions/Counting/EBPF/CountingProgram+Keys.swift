import BPF
import EventFormat
import TraceProtocol

extension CountingProgram {
    /// Every part of the key but the bucket.
    mutating func addKey() throws(KernelDeclined) {
        if table.key.parts.isEmpty { clear(Stack.area, bytes: table.key.size) }
        for part in table.key.parts {
            guard let source = part.source else { continue }
            let place = Stack.area + Int16(part.offset)
            switch source {
            case .cpu:
                code.call(.currentCPU)
                code.store(.eight, .frame, place, .register(.r0))
            case .pid:
                code.load(.r1, .four, .frame, Stack.thread)
                code.store(.eight, .frame, place, .register(.r1))
            case .cgroup:
                code.call(.currentCgroup)
                code.store(.eight, .frame, place, .register(.r0))
            case .comm: addName(at: place)
            case .stack(let isUser): addStack(isUser: isUser, at: place)
            case .number(let field):
                try load(.r1, field)
                code.store(.eight, .frame, place, .register(.r1))
            case .fixedText(let offset, let size):
                clear(place, bytes: part.size)
                try readText(offset: offset, size: size, to: place, room: part.size)
            case .text(let offset, let base, _):
                clear(place, bytes: part.size)
                try readText(wordAt: offset, base: base, to: place, room: part.size)
            case .pointedText(let field, let isOfProgram):
                clear(place, bytes: part.size)
                try load(.r3, field)
                let failed = code.label()
                readPointedText(to: place, room: part.size, isOfProgram: isOfProgram, failing: failed)
                mark(place, failed)
            }
        }
    }

    /// The current task's name, 16 bytes. The idle task is called as in decoded records.
    private mutating func addName(at place: Int16) {
        let (idle, done) = (code.label(), code.label())
        code.load(.r1, .four, .frame, Stack.thread)
        code.jump(if: .r1, .equal, .immediate(0), to: idle)
        readName(to: place)
        code.jump(to: done)
        code.place(idle)
        var words: [UInt64] = [0, 0]
        words.withUnsafeMutableBytes { $0.copyBytes(from: WireCountRequest.idleTask.utf8) }
        for (index, word) in words.enumerated() {
            code.load(.r1, constant: word)
            code.store(.eight, .frame, place + Int16(8 * index), .register(.r1))
        }
        code.place(done)
    }

    mutating func readName(to place: Int16) {
        address(.r1, place)
        code.move(.r2, .immediate(Int32(CurrentTaskNames.length)))
        code.call(.currentName)
    }

    /// A char array of the record. The room is zeros.
    mutating func readText(offset: Int, size: Int, to place: Int16, room: Int) throws(KernelDeclined) {
        guard offset >= Self.hidden else {
            throw KernelDeclined("a program does not see the field at \(offset) of \(format.fullName)")
        }
        // With room for a NUL, so that an array without one is read whole.
        address(.r1, place)
        code.move(.r2, .immediate(Int32(min(size + 1, room))))
        code.move(.r3, .register(.r6))
        code.apply(.add, .r3, .immediate(Int32(offset)))
        code.call(.readKernelText)
    }

    /// The text that a location word points at: its offset in the low half, its length in the high one. The room is zeros.
    mutating func readText(wordAt offset: Int, base: Int, to place: Int16, room: Int) throws(KernelDeclined) {
        if let fields { return try fetchText(fields, at: offset, to: place, room: room) }
        guard format.system != "syscalls" else {
            throw KernelDeclined("a program does not get the texts of system calls")
        }
        let short = code.label()
        try load(.r3, offset: offset, size: 4, isSigned: false)
        code.move(.r2, .register(.r3))
        code.apply(.shiftRight, .r2, .immediate(16))
        code.apply(.add, .r2, .immediate(1))
        code.jump(if: .r2, .lessEqual, .immediate(Int32(room)), to: short)
        code.move(.r2, .immediate(Int32(room)))
        code.place(short)
        code.apply(.and, .r3, .immediate(0xffff))
        code.apply(.add, .r3, .immediate(Int32(base)))
        code.apply(.add, .r3, .register(.r6))
        address(.r1, place)
        code.call(.readKernelText)
    }

    /// The last part of the key: the power of two of r2, as `PowerOfTwoBucket` numbers them.
    mutating func addBucket(isSigned: Bool) {
        guard let part = table.key.parts.last else { return }
        let done = code.label()
        if isSigned {
            let positive = code.label()
            code.move(.r1, .immediate(-2))
            code.jump(if: .r2, .signedGreaterEqual, .immediate(0), to: positive)
            code.jump(to: done)
            code.place(positive)
        }
        code.move(.r1, .immediate(-1))
        code.jump(if: .r2, .equal, .immediate(0), to: done)
        code.move(.r1, .immediate(0))
        code.apply(.subtract, .r2, .immediate(1))
        code.jump(if: .r2, .equal, .immediate(0), to: done)
        // The number of bits of value - 1.
        code.move(.r1, .immediate(1))
        for bits: Int32 in [32, 16, 8, 4, 2, 1] {
            let less = code.label()
            code.move(.r3, .register(.r2))
            code.apply(.shiftRight, .r3, .immediate(bits))
            code.jump(if: .r3, .equal, .immediate(0), to: less)
            code.move(.r2, .register(.r3))
            code.apply(.add, .r1, .immediate(bits))
            code.place(less)
        }
        code.place(done)
        code.store(.eight, .frame, Stack.area + Int16(part.offset), .register(.r1))
    }
}
