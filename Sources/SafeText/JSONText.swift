/// Strings of JSON (RFC 8259, section 7) that are also safe on a terminal: nothing is lost, because what is unsafe to
/// show is escaped.
public enum JSONText {
    /// The text in quotes.
    public static func quoted(_ text: some StringProtocol) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": out += "\\\(scalar)"
            default: append(scalar, to: &out)
            }
        }
        return out + "\""
    }

    /// JSON that was encoded elsewhere, its strings made safe. Outside of strings JSON is ASCII.
    public static func escaped(_ json: String) -> String {
        var json = json
        guard !json.withUTF8({ SafeBytes.areASCII(UnsafeRawBufferPointer($0)) }) else { return json }
        var out = ""
        for scalar in json.unicodeScalars { append(scalar, to: &out) }
        return out
    }

    private static func append(_ scalar: Unicode.Scalar, to out: inout String) {
        guard scalar.isUnsafeToShow else { return out.unicodeScalars.append(scalar) }
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
            let hex = String(unit, radix: 16)
            out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        }
    }
}
