import FoundationEssentials
import SafeText

/// One JSON object on a line, its keys sorted, safe on a terminal.
public enum JSONLine {
    public static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return JSONText.escaped(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
