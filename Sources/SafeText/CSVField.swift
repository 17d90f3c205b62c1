/// One field of CSV (RFC 4180).
public enum CSVField {
    /// One safe line, quoted where needed. A text that a spreadsheet would calculate, because it begins with `=`, `+`,
    /// `-` or `@`, begins with an apostrophe, which spreadsheets do not show; numbers stay as they are.
    public static func text(_ text: String) -> String {
        var field = text.safeLine
        let isFormula = field.unicodeScalars.first.map { formulaStarts.contains($0) } == true && Double(field) == nil
        if isFormula { field = "'" + field }
        guard isFormula || field.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" }) else { return field }
        return "\"" + field.replacing("\"", with: "\"\"") + "\""
    }

    /// With their full-width forms, which some spreadsheets read as the same.
    private static let formulaStarts: Set<Unicode.Scalar> = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]
}
