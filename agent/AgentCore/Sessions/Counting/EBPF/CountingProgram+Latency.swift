import BPF

extension CountingProgram {
    /// The idle task is no thread: each CPU has one of its own under the same number.
    private mutating func leaveOutIdle() {
        code.load(.r1, .four, .frame, Stack.thread)
        code.jump(if: .r1, .equal, .immediate(0), to: end)
    }

    /// Keeps when this thread began.
    mutating func addBeginning(_ beginnings: BPFMap) {
        leaveOutIdle()
        code.call(.monotonicTime)
        code.store(.eight, .frame, Stack.wide, .register(.r0))
        code.load(.r1, map: beginnings)
        address(.r2, Stack.thread)
        address(.r3, Stack.wide)
        code.move(.r4, .immediate(0))
        call(.updateElement)
        code.jump(if: .r0, .equal, .immediate(0), to: end)
        finish(.lost)
    }

    /// Leaves on the stack how long it is since this thread began, and forgets that; ends if it did not begin.
    mutating func addTime(since beginnings: BPFMap) {
        let began = code.label()
        leaveOutIdle()
        lookUp(beginnings, Stack.thread)
        code.jump(if: .r0, .notEqual, .immediate(0), to: began)
        finish(.unmatched)
        code.place(began)
        code.load(.r7, .eight, .r0, 0)
        code.call(.monotonicTime)
        code.apply(.subtract, .r0, .register(.r7))
        code.store(.eight, .frame, Stack.wide, .register(.r0))
        code.load(.r1, map: beginnings)
        address(.r2, Stack.thread)
        code.call(.deleteElement)
    }
}
