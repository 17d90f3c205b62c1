import Glibc

/// How wide a line of the output may be, in characters.
enum TerminalWidth {
    /// $COLUMNS, or else the terminal's width; nil when stdout is no terminal.
    static var current: Int? {
        if let text = getenv("COLUMNS"), let columns = Int(String(cString: text)), columns > 0 { return columns }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
