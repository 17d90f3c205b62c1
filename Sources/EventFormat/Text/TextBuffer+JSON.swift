import SafeText

extension TextBuffer {
    /// Appends a JSON string. What is unsafe to show is escaped.
    public mutating func append(json text: String) {
        var text = text
        text.withUTF8 { append(jsonString: UnsafeRawBufferPointer($0)) }
    }

    /// Appends bytes as a JSON string. What is unsafe to show is escaped; malformed UTF-8 becomes U+FFFD.
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
                guard let sequence = UTF8Sequence(at: index, in: bytes) else {
                    append("\\ufffd")
                    break
                }
                if sequence.scalar.isUnsafeToShow {
                    append(escaped: sequence.scalar)
                } else {
                    append(UnsafeRawBufferPointer(rebasing: bytes[index..<index + sequence.length]))
                }
                index += sequence.length - 1
            default: append(byte)
            }
            index += 1
        }
        append(UInt8(ascii: "\""))
    }

    /// `\u202e`; two of these for a scalar above U+FFFF.
    private mutating func append(escaped scalar: Unicode.Scalar) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            append("\\u")
            append(hex: UInt64(unit), digits: 4)
        }
    }
}
