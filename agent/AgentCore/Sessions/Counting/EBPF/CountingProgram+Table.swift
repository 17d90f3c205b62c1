import BPF
import Glibc

extension CountingProgram {
    /// BPF_NOEXIST: only a key that is not there yet.
    private static let isNew: Int32 = 1

    /// Adds one to the count of the key on the stack, and the record's values to those beside it.
    mutating func addCount() throws(KernelDeclined) {
        let (found, other, count) = (code.label(), code.label(), code.label())
        let (second, lost) = (code.label(), code.label())
        lookUpSlot(found)
        // A full table stays full, so the locks of queue and hash are not taken. The key may have come meanwhile.
        code.load(.r1, valueOf: control.switches, at: ProgramControl.full(table: tableIndex))
        code.load(.r1, .eight, .r1, 0)
        code.jump(if: .r1, .notEqual, .immediate(0), to: second)

        code.load(.r1, map: table.free)
        address(.r2, Stack.number)
        call(.pop)
        code.jump(if: .r0, .notEqual, .immediate(0), to: lost)
        lookUp(table.keys, Stack.number)
        code.jump(if: .r0, .equal, .immediate(0), to: lost)
        for word in stride(from: 0, to: table.key.size, by: 8) {
            code.load(.r1, .eight, .frame, Stack.area + Int16(word))
            code.store(.eight, .r0, Int16(word), .register(.r1))
        }
        keepStacks(lost)
        code.load(.r7, .four, .frame, Stack.number)
        code.load(.r1, map: table.slots)
        address(.r2, Stack.area)
        address(.r3, Stack.number)
        code.move(.r4, .immediate(Self.isNew))
        call(.updateElement)
        code.jump(if: .r0, .equal, .immediate(0), to: count)
        // There is no room, or another CPU was first.
        code.move(.r7, .register(.r0))
        code.load(.r1, map: table.free)
        address(.r2, Stack.number)
        code.move(.r3, .immediate(0))
        code.call(.push)
        lookUpSlot(found)
        code.jump(if: .r7, .notEqual, .immediate(-Int32(E2BIG)), to: lost)
        code.load(.r1, valueOf: control.switches, at: ProgramControl.full(table: tableIndex))
        code.store(.eight, .r1, 0, .immediate(1))
        code.jump(to: other)

        code.place(second)
        lookUpSlot(found)
        code.place(other)
        code.move(.r7, .immediate(Int32(table.shape.index(of: .other))))
        code.jump(to: count)
        code.place(lost)
        code.move(.r7, .immediate(Int32(table.shape.index(of: .lost))))
        code.jump(to: count)
        code.place(found)
        code.load(.r7, .four, .r0, 0)
        code.place(count)
        addOne()
        try addValues()
    }

    /// r0 = the address of the key's slot; goes on at `found` if there is one.
    private mutating func lookUpSlot(_ found: BPFAssembler.Label) {
        lookUp(table.slots, Stack.area)
        code.jump(if: .r0, .notEqual, .immediate(0), to: found)
    }

    /// Adds one to this CPU's count of slot r7, at once for all: a program may be preempted on some kernels.
    mutating func addOne() {
        code.call(.currentCPU)
        code.apply(.multiply, .r0, .immediate(Int32(table.shape.stride)))
        code.apply(.add, .r0, .register(.r7))
        code.store(.four, .frame, Stack.number, .register(.r0))
        lookUp(table.counts, Stack.number)
        code.jump(if: .r0, .equal, .immediate(0), to: end)
        code.move(.r1, .immediate(1))
        code.addAtomically(.r0, 0, .r1)
    }

    /// Adds the record's values to those at r0.
    private mutating func addValues() throws(KernelDeclined) {
        for (place, field) in table.values.sumPlaces {
            try load(.r1, field)
            guard field.isWide else {
                code.addAtomically(.r0, place, .r1)
                continue
            }
            // Halves, so that no sum overflows.
            code.move(.r2, .register(.r1))
            code.apply(field.isSigned ? .shiftRightSigned : .shiftRight, .r2, .immediate(32))
            code.addAtomically(.r0, place + 8, .r2)
            code.apply(.shiftLeft, .r1, .immediate(32))
            code.apply(.shiftRight, .r1, .immediate(32))
            code.addAtomically(.r0, place, .r1)
        }
        for (place, field) in table.values.maximumPlaces {
            try load(.r1, field)
            if field.isSigned {
                code.load(.r2, constant: ValueWords.bias)
                code.apply(.add, .r1, .register(.r2))
            }
            addMaximum(place)
        }
    }

    /// Makes the value at r0 at least r1. Programs of tracepoints and kprobes do not interrupt each other on a CPU
    /// (`trace_call_bpf` in kernel/trace/bpf_trace.c), so it is read and written. Those of uprobes do since Linux 6.0
    /// (`bpf_prog_run_array_uprobe` in include/linux/bpf.h), and those of raw tracepoints did before 6.2.
    private mutating func addMaximum(_ place: Int16) {
        let done = code.label()
        guard fields?.isPreemptible == true || format.isRaw else {
            code.load(.r2, .eight, .r0, place)
            code.jump(if: .r1, .lessEqual, .register(.r2), to: done)
            code.store(.eight, .r0, place, .register(.r1))
            return code.place(done)
        }
        code.move(.r2, .register(.r0))
        for _ in 0..<Self.exchanges {
            code.load(.r0, .eight, .r2, place)
            code.jump(if: .r1, .lessEqual, .register(.r0), to: done)
            code.move(.r3, .register(.r0))
            code.exchangeAtomically(.r2, place, .r1)
            code.jump(if: .r0, .equal, .register(.r3), to: done)
        }
        // So often within a few instructions another task was switched to, and came first.
        finish(.lost)
        code.place(done)
        code.move(.r0, .register(.r2))
    }
    private static let exchanges = 8

    /// Counts what is no key, and ends.
    mutating func finish(_ extra: ProgramTable.Extra) {
        code.move(.r7, .immediate(Int32(table.shape.index(of: extra))))
        addOne()
        code.jump(to: end)
    }
}
