import BPF

extension CountingProgram {
    /// The idle task is no thread: each CPU has one of its own under the same number.
    private mutating func leaveOutIdle() {
        code.load(.r1, .four, .frame, Stack.thread)
        code.jump(if: .r1, .equal, .immediate(0), to: end)
    }

    /// What an entry and its exit have in common, on the stack.
    ///
    /// - Returns: where.
    private mutating func addMatch() throws(KernelDeclined) -> Int16 {
        guard !match.isEmpty else {
            leaveOutIdle()
            return Stack.thread
        }
        for (index, part) in match.enumerated() {
            let place = Stack.area + 8 * Int16(index)
            switch part {
            case .number(let field): try load(.r1, field)
            case .pid: code.load(.r1, .four, .frame, Stack.thread)
            default:
                code.call(.currentCPU)
                code.move(.r1, .register(.r0))
            }
            code.store(.eight, .frame, place, .register(.r1))
        }
        return Stack.area
    }

    /// Keeps when this began.
    mutating func addBeginning(_ beginnings: BPFMap) throws(KernelDeclined) {
        let place = try addMatch()
        code.call(.monotonicTime)
        code.store(.eight, .frame, Stack.wide, .register(.r0))
        code.load(.r1, map: beginnings)
        address(.r2, place)
        address(.r3, Stack.wide)
        code.move(.r4, .immediate(0))
        call(.updateElement)
        code.jump(if: .r0, .equal, .immediate(0), to: end)
        finish(.lost)
    }

    /// Leaves on the stack how long it is since this began, and forgets that; ends if it did not begin.
    mutating func addTime(since beginnings: BPFMap) throws(KernelDeclined) {
        let began = code.label()
        let place = try addMatch()
        lookUp(beginnings, place)
        code.jump(if: .r0, .notEqual, .immediate(0), to: began)
        finish(.unmatched)
        code.place(began)
        code.load(.r7, .eight, .r0, 0)
        code.call(.monotonicTime)
        code.apply(.subtract, .r0, .register(.r7))
        code.store(.eight, .frame, Stack.wide, .register(.r0))
        code.load(.r1, map: beginnings)
        address(.r2, place)
        code.call(.deleteElement)
    }
}
