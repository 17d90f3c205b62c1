import ArgumentParser

/// The kernel's buffer, as verbs take it that record or decode.
enum BufferOption {
    /// Kilobytes for each CPU; 0 is the agent's own choice.
    static func check(_ kilobytes: Int) throws {
        guard (0...1 << 22).contains(kilobytes) else {
            throw ValidationError("--buffer: 1 to 4194304 (kilobytes)")
        }
    }
}
