/// A type after the `:` of a fetch argument (probe_fetch_types in kernel/trace/trace_probe.c).
enum FetchType {
    /// What is wrong with a type.
    struct Problem: Error {
        /// Position in the text of the type, in bytes.
        let offset: Int
        let message: String
        let kernelName: String
    }

    static let integers = [
        "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "x8", "x16", "x32", "x64", "char",
    ]
    /// Types that are read from memory up to a zero byte.
    static let strings = ["string", "ustring"]
    /// Types for kernel addresses and kernel files.
    static let kernelOnly = ["symbol", "symstr", "%pd", "%pD"]
    /// MAX_ARRAY_LEN
    static let maximumArrayLength: UInt64 = 64

    /// The parts of a checked type.
    struct Parts {
        let base: Substring
        let isArray: Bool
        var isString: Bool { strings.contains(String(base)) }
        var isBitfield: Bool { base.hasPrefix("b") }
    }

    /// Checks the text after the colon.
    static func check(_ text: Substring, isKernel: Bool) throws(Problem) -> Parts {
        let bytes = Array(text.utf8)
        let bracket = bytes.firstIndex(of: UInt8(ascii: "["))
        let base = String(decoding: bytes[..<(bracket ?? bytes.count)], as: UTF8.self)
        if let bracket { try checkArray(bytes, from: bracket + 1) }
        if base.hasPrefix("b") {
            try checkBitfield(base)
        } else if kernelOnly.contains(base) {
            guard isKernel else {
                throw Problem(
                    offset: 0, message: "the type \(base) is for addresses of the kernel: use x64",
                    kernelName: "BAD_TYPE")
            }
        } else if !integers.contains(base), !strings.contains(base) {
            throw Problem(offset: 0, message: unknown(base), kernelName: "BAD_TYPE")
        }
        return Parts(base: Substring(base), isArray: bracket != nil)
    }

    private static func unknown(_ base: String) -> String {
        let known =
            "u8 … u64, s8 … s64, x8 … x64, char, string, ustring, symbol, symstr, %pd, %pD, b<width>@<bit>/<size>"
        let common = ["int": "s32", "unsigned": "u32", "long": "s64", "str": "string", "size_t": "u64", "hex": "x64"]
        if let meant = common[base] { return "unknown type \"\(base)\": write \(meant)" }
        return "unknown type \"\(base)\": the kernel has \(known), and arrays such as u8[16]"
    }

    private static func checkArray(_ bytes: [UInt8], from start: Int) throws(Problem) {
        guard let close = bytes[start...].firstIndex(of: UInt8(ascii: "]")) else {
            throw Problem(offset: bytes.count, message: "the array has no closing ]", kernelName: "ARRAY_NO_CLOSE")
        }
        guard close == bytes.count - 1 else {
            throw Problem(
                offset: close + 1, message: "nothing may follow the ] of a type", kernelName: "BAD_ARRAY_SUFFIX")
        }
        let length = KernelNumber.unsigned(String(decoding: bytes[start..<close], as: UTF8.self))
        guard let length, length > 0 else {
            throw Problem(
                offset: start, message: "the length of an array is a number from 1 to \(maximumArrayLength)",
                kernelName: "BAD_ARRAY_NUM")
        }
        guard length <= maximumArrayLength else {
            throw Problem(
                offset: start, message: "an array has at most \(maximumArrayLength) elements",
                kernelName: "ARRAY_TOO_BIG")
        }
    }

    /// `b<width>@<bit>/<container>`
    private static func checkBitfield(_ base: String) throws(Problem) {
        let form = "a bit field is b<width>@<first bit>/<8, 16, 32 or 64>, for example b4@0/8"
        guard let slash = base.firstIndex(of: "/") else {
            throw Problem(offset: 0, message: form, kernelName: "BAD_TYPE")
        }
        guard let container = KernelNumber.unsigned(base[base.index(after: slash)...]),
            [8, 16, 32, 64].contains(container)
        else { throw Problem(offset: 0, message: form, kernelName: "BAD_TYPE") }
        let parts = base[..<slash].dropFirst().split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let width = KernelNumber.unsigned(parts[0]), width > 0,
            let first = KernelNumber.unsigned(parts[1])
        else { throw Problem(offset: 0, message: form, kernelName: "BAD_BITFIELD") }
        guard width <= container, first <= container - width else {
            throw Problem(
                offset: 0, message: "\(width) bits from bit \(first) on do not fit into \(container) bits",
                kernelName: "BAD_BITFIELD")
        }
    }
}
