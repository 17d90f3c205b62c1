extension TextBuffer {
    /// Appends a JSON string. Malformed UTF-8 becomes U+FFFD.
    public mutating func append(json text: String) {
        var text = text
        text.withUTF8 { append(jsonString: UnsafeRawBufferPointer($0)) }
    }

    /// Appends bytes as a JSON string. Malformed UTF-8 becomes U+FFFD.
    public mutating func append(jsonString bytes: UnsafeRawBufferPointer) {
        append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 10: append("\\n")
            case 9: append("\\t")
            case 13: append("\\r")
            case 0..<32, 127:
                append("\\u00")
                append(hex: UInt64(byte), digits: 2)
            case 128...:
                let length = Self.sequenceLength(bytes, index)
                guard length > 0 else {
                    append("\\ufffd")
                    break
                }
                append(UnsafeRawBufferPointer(rebasing: bytes[index..<index + length]))
                index += length - 1
            default: append(byte)
            }
            index += 1
        }
        append(UInt8(ascii: "\""))
    }

    /// Length of the well-formed UTF-8 sequence at `index` (table 3-7 of the Unicode standard), or 0 if there is none.
    private static func sequenceLength(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
        let first = bytes[index]
        let second = index + 1 < bytes.count ? bytes[index + 1] : 0
        func continues(_ ahead: Int) -> Bool { index + ahead < bytes.count && bytes[index + ahead] & 0xc0 == 0x80 }
        guard continues(1) else { return 0 }
        switch first {
        case 0xc2...0xdf: return 2
        case 0xe0: return second >= 0xa0 && continues(2) ? 3 : 0
        case 0xed: return second < 0xa0 && continues(2) ? 3 : 0
        case 0xe1...0xef: return continues(2) ? 3 : 0
        case 0xf0: return second >= 0x90 && continues(2) && continues(3) ? 4 : 0
        case 0xf4: return second < 0x90 && continues(2) && continues(3) ? 4 : 0
        case 0xf1...0xf3: return continues(2) && continues(3) ? 4 : 0
        default: return 0
        }
    }
}
