import Glibc

/// The terminal's settings from before it was used full-screen. They are restored by signal handlers too, so everything
/// here is async-signal-safe (signal-safety(7); tcsetattr(3), poll(2) and write(2) are), and the state is plain memory.
enum TerminalSettings {
    nonisolated(unsafe) private static var descriptor: Int32 = -1
    nonisolated(unsafe) private static var saved = termios()

    private static let crashes = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGQUIT]

    /// Switches to keys one by one without echo, and makes a crash restore the settings.
    static func enter(_ terminal: Int32) {
        guard tcgetattr(terminal, &saved) == 0 else { return }
        descriptor = terminal
        for number in crashes {
            signal(number) { number in
                TerminalSettings.leave()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
        var raw = saved
        cfmakeraw(&raw)
        tcsetattr(terminal, TCSADRAIN, &raw)
    }

    /// Shows the cursor and the screen from before, with its settings.
    static func leave() {
        guard descriptor >= 0 else { return }
        let terminal = descriptor
        descriptor = -1
        let sequence: StaticString = "\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"
        // A terminal that is stopped (Ctrl-S) accepts nothing, and must not hold up the end.
        var file = pollfd(fd: terminal, events: Int16(POLLOUT), revents: 0)
        if poll(&file, 1, 0) > 0 { _ = write(terminal, sequence.utf8Start, sequence.utf8CodeUnitCount) }
        tcsetattr(terminal, TCSANOW, &saved)
    }
}
