/// FNV-1a, 32 bits: for names that have no room for all of another name.
enum ShortHash {
    static func of(_ text: String) -> UInt32 {
        text.utf8.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }
}
