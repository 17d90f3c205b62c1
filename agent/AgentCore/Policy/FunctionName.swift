/// How rules name a location in a function.
enum FunctionName {
    /// `vfs_read`, and within it also `vfs_read+0x10`.
    static func targets(_ function: String, offset: UInt64) -> [String] {
        offset == 0 ? [function] : [function, "\(function)+\(hex(offset))"]
    }

    /// What the compiler has made a part or a copy of: `f` for `f.isra.0`, `f.cold`. Nil for a function as it was
    /// written.
    static func origin(_ function: String) -> String? {
        let plain = function.prefix { $0 != "." }
        return plain.isEmpty || plain.endIndex == function.endIndex ? nil : String(plain)
    }

    static func hex(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
