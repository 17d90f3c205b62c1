/// Text within XML, SVG for one.
public enum XMLText {
    /// One safe line, in which markup is text. Controls, and what is no character of XML 1.0 (section 2.2), become `?`.
    public static func text(_ text: String) -> String {
        var out = ""
        for scalar in text.safeLine.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(scalar.value < 0x20 || scalar.value & 0xfffe == 0xfffe ? "?" : scalar)
            }
        }
        return out
    }
}
