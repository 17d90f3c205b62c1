import Glibc

/// How many characters a line of the output may have.
enum TerminalWidth {
    /// $COLUMNS, else the terminal's; nil where the output is none.
    static var current: Int? {
        if let text = getenv("COLUMNS"), let columns = Int(String(cString: text)), columns > 0 { return columns }
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
