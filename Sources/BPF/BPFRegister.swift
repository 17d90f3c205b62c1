/// A register of the machine (Documentation/bpf/standardization/instruction-set.rst, "Registers and calling
/// convention").
public enum BPFRegister: UInt8, Sendable, CaseIterable {
    /// What a helper returns, and what the program returns.
    case r0
    /// Arguments of helpers. A call destroys them.
    case r1, r2, r3, r4, r5
    /// They keep their values over calls.
    case r6, r7, r8, r9
    /// The end of the stack, which has 512 bytes. It cannot be written.
    case frame
}
