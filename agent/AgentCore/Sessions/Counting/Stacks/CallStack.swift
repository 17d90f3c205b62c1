/// The addresses of a call stack, the innermost first.
struct CallStack: Hashable {
    /// Whose addresses they are.
    struct Process: Hashable {
        let id: Int32
        /// How often a process of such a number had begun or ended at that time, 32 bits.
        let generation: UInt32
    }

    let addresses: [UInt64]
    /// Nil for the kernel's stack.
    let process: Process?
}
