import Testing

@testable import BPF

/// Against the encoding of Documentation/bpf/standardization/instruction-set.rst and the instruction macros of
/// tools/include/linux/filter.h.
struct BPFInstructionTests {
    /// The eight bytes of an instruction, as the kernel reads them on a little-endian machine.
    private static func bytes(_ write: (inout BPFAssembler) -> Void) throws -> [[UInt8]] {
        var code = BPFAssembler()
        write(&code)
        return try code.assembled().map { instruction in withUnsafeBytes(of: instruction) { Array($0) } }
    }

    @Test("An instruction is 64 bits: opcode, registers, offset, immediate")
    func layout() {
        #expect(MemoryLayout<BPFInstruction>.size == 8 && MemoryLayout<BPFInstruction>.stride == 8)
        #expect(BPFRegister.allCases.map(\.rawValue) == Array(0...10))
    }

    @Test("Arithmetic on 64 bits: class 7, source in bit 3, the operation in the upper half")
    func arithmetic() throws {
        let found = try Self.bytes {
            $0.move(.r6, .register(.r1))
            $0.move(.r0, .immediate(-2))
            $0.apply(.add, .r2, .immediate(0x1234))
            $0.apply(.subtract, .r0, .register(.r7))
            $0.apply(.multiply, .r0, .immediate(3))
            $0.apply(.or, .r1, .register(.r2))
            $0.apply(.and, .r3, .immediate(0xffff))
            $0.apply(.shiftLeft, .r1, .immediate(32))
            $0.apply(.shiftRight, .r1, .immediate(32))
            $0.apply(.shiftRightSigned, .r1, .immediate(32))
        }
        #expect(
            found == [
                [0xbf, 0x16, 0, 0, 0, 0, 0, 0], [0xb7, 0x00, 0, 0, 0xfe, 0xff, 0xff, 0xff],
                [0x07, 0x02, 0, 0, 0x34, 0x12, 0, 0], [0x1f, 0x70, 0, 0, 0, 0, 0, 0], [0x27, 0x00, 0, 0, 3, 0, 0, 0],
                [0x4f, 0x21, 0, 0, 0, 0, 0, 0], [0x57, 0x03, 0, 0, 0xff, 0xff, 0, 0], [0x67, 0x01, 0, 0, 32, 0, 0, 0],
                [0x77, 0x01, 0, 0, 32, 0, 0, 0], [0xc7, 0x01, 0, 0, 32, 0, 0, 0],
            ])
    }

    @Test("Memory: class, mode 0x60, sizes 4, 2, 1, 8 as 0x00, 0x08, 0x10, 0x18; atomic add is 0xdb")
    func memory() throws {
        let found = try Self.bytes {
            $0.load(.r1, .four, .r6, 8)
            $0.load(.r1, .two, .r6, 10)
            $0.load(.r1, .one, .r6, 12)
            $0.load(.r1, .eight, .r6, 16)
            $0.store(.four, .frame, -8, .register(.r0))
            $0.store(.eight, .frame, -16, .immediate(1))
            $0.addAtomically(.r0, 0, .r1)
        }
        #expect(
            found == [
                [0x61, 0x61, 8, 0, 0, 0, 0, 0], [0x69, 0x61, 10, 0, 0, 0, 0, 0], [0x71, 0x61, 12, 0, 0, 0, 0, 0],
                [0x79, 0x61, 16, 0, 0, 0, 0, 0], [0x63, 0x0a, 0xf8, 0xff, 0, 0, 0, 0],
                [0x7a, 0x0a, 0xf0, 0xff, 1, 0, 0, 0], [0xdb, 0x10, 0, 0, 0, 0, 0, 0],
            ])
        #expect([1, 2, 4, 8].map { BPFSize(bytes: $0) } == [.one, .two, .four, .eight] && BPFSize(bytes: 3) == nil)
    }

    @Test("64 bits take two instructions, the upper half in the second one's immediate; helpers are called by number")
    func wide() throws {
        let found = try Self.bytes {
            $0.load(.r2, constant: 0x1122_3344_5566_7788)
            $0.call(.currentTask)
            $0.exit()
        }
        #expect(
            found == [
                [0x18, 0x02, 0, 0, 0x88, 0x77, 0x66, 0x55], [0, 0, 0, 0, 0x44, 0x33, 0x22, 0x11],
                [0x85, 0, 0, 0, 14, 0, 0, 0], [0x95, 0, 0, 0, 0, 0, 0, 0],
            ])
    }

    @Test("A jump's offset counts from the next instruction, forwards and backwards")
    func jumps() throws {
        let found = try Self.bytes { code in
            let (start, end) = (code.label(), code.label())
            code.place(start)
            code.jump(if: .r1, .equal, .immediate(0), to: end)
            code.jump(if: .r1, .signedLess, .register(.r2), to: start)
            code.jump(to: end)
            code.move(.r0, .immediate(0))
            code.place(end)
            code.exit()
        }
        #expect(
            found.map { Array($0[0...3]) } == [
                [0x15, 0x01, 3, 0], [0xcd, 0x21, 0xfe, 0xff], [0x05, 0, 1, 0], [0xb7, 0, 0, 0], [0x95, 0, 0, 0],
            ])
    }

    @Test("A jump without a target, or over more than 16 bits can say, is an error")
    func impossible() throws {
        var open = BPFAssembler()
        open.jump(to: open.label())
        #expect(throws: BPFError.assembly("a jump has no target")) { try open.assembled() }
        var far = BPFAssembler()
        let end = far.label()
        far.jump(to: end)
        for _ in 0..<32_767 { far.move(.r0, .immediate(0)) }
        var near = far
        near.place(end)
        near.exit()
        #expect(try near.assembled().first?.offset == 32_767)
        far.move(.r0, .immediate(0))
        far.place(end)
        far.exit()
        #expect(throws: BPFError.assembly("a jump over 32768 instructions is too far")) { try far.assembled() }
    }
}
