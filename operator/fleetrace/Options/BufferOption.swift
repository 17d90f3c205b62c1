import ArgumentParser

/// `--buffer`: the size of the kernel's ring buffer.
enum BufferOption {
    /// - Parameter kilobytes: for each CPU; nil or 0 leaves the size to the agent.
    static func check(_ kilobytes: Int?) throws {
        guard (0...1 << 22).contains(kilobytes ?? 0) else {
            throw ValidationError("--buffer: 1 to 4194304 (kilobytes)")
        }
    }
}
