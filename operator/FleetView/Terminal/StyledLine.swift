import SafeText

/// How a line looks. The text states what a colour means, too: not every terminal has colours.
public enum Style: Sendable, Equatable {
    case plain, bold, dim, red
    /// The chosen line.
    case selected
}

/// One line of a screen.
public struct StyledLine: Sendable, Equatable {
    public var text: String
    public var style: Style

    public init(_ text: String, _ style: Style = .plain) {
        self.text = text
        self.style = style
    }
}

/// Writes lines for a terminal that knows ECMA-48's control sequences.
public struct ScreenWriter: Sendable {
    /// If not, lines have no red and dim (https://no-color.org).
    public var colors: Bool

    public init(colors: Bool) {
        self.colors = colors
    }

    /// The lines that fit on the screen, each cut to its width.
    public func screen(_ lines: [StyledLine], in size: ScreenSize) -> String {
        screen(
            lines.prefix(size.rows).map { StyledLine($0.text.safeLine.clipped(to: size.columns), $0.style) })
    }

    /// A whole screen, drawn over the last one, so that it does not flicker.
    public func screen(_ lines: [StyledLine]) -> String {
        var text = "\u{1b}[H"
        for (index, line) in lines.enumerated() {
            if index > 0 { text += "\r\n" }
            text += styled(line) + "\u{1b}[K"
        }
        return text + "\u{1b}[J"
    }

    private func styled(_ line: StyledLine) -> String {
        let code =
            switch line.style {
            case .plain: ""
            case .bold: "1"
            case .dim: colors ? "2" : ""
            case .red: colors ? "1;31" : "1"
            case .selected: "7"
            }
        return code.isEmpty ? line.text : "\u{1b}[\(code)m\(line.text)\u{1b}[0m"
    }
}

/// Characters that fit on a screen.
public struct ScreenSize: Sendable, Equatable {
    public var columns: Int
    public var rows: Int

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}
