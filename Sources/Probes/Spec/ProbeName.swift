/// Valid names of events and groups (is_good_name in kernel/trace/trace.h).
enum ProbeName {
    /// MAX_EVENT_NAME_LEN without the terminating zero.
    static let maximumLength = 63

    static func isIdentifierStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: false
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    static func isIdentifierByte(_ byte: UInt8) -> Bool { isIdentifierStart(byte) || isDigit(byte) }

    /// A C identifier.
    static func isIdentifier(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, isIdentifierStart(first) else { return false }
        return text.utf8.allSatisfy(isIdentifierByte)
    }

    /// `text` with every invalid byte replaced by `_`, truncated to the kernel's limit. `suffix` is never truncated.
    static func sanitised(_ text: some StringProtocol, suffix: String = "") -> String {
        var bytes = text.utf8.map { isIdentifierByte($0) ? $0 : UInt8(ascii: "_") }
        if bytes.first.map(isIdentifierStart) != true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes.prefix(maximumLength - suffix.utf8.count), as: UTF8.self) + suffix
    }

    /// The name of an event for which the user gave none, as in perf: the function, followed by what differs from a
    /// probe at the function's entry.
    static func standard(kind: ProbeKind, location: ProbeLocation) -> String {
        let ending = kind.isReturn ? "__return" : ""
        func hex(_ value: UInt64) -> String { String(value, radix: 16) }
        switch location {
        case .function(_, let symbol, let offset):
            return sanitised(symbol, suffix: (offset == 0 ? "" : "_0x\(hex(offset))") + ending)
        case .fileSymbol(_, let symbol, let offset):
            let plain = symbol.prefix { $0 != "@" }
            return sanitised(plain, suffix: (offset == 0 ? "" : "_0x\(hex(offset))") + ending)
        case .address(let address): return "abs_\(hex(address))\(ending)"
        case .tracepoint(let name): return sanitised(name)
        case .event(_, let name): return sanitised(name)
        case .fileOffset(let path, let offset, _):
            let file = path.split(separator: "/").last ?? ""
            return sanitised(file.prefix { $0 != "." }, suffix: "_0x\(hex(offset))\(ending)")
        case .marker(_, _, let name): return sanitised(name)
        }
    }
}
