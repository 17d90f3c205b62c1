import CLinux
import Glibc
import SystemFacts

/// The terminal in full-screen use: its alternate screen, keys as they are pressed. `leave` restores its settings, and
/// so does a crash of the process.
public final class Terminal: Sendable {
    /// The terminal itself, even if stdout is redirected.
    private let descriptor: Int32
    private let output: Int32

    /// Nil where stdout is not a terminal, or one without control sequences.
    public init?(output: Int32 = STDOUT_FILENO) {
        guard isatty(output) == 1 else { return nil }
        let kind = getenv("TERM").map { String(cString: $0) } ?? ""
        guard !kind.isEmpty, kind != "dumb" else { return nil }
        descriptor = linux_open("/dev/tty", O_RDWR | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        self.output = output
    }

    deinit { close(descriptor) }

    /// Whether colours are wanted: NO_COLOR is not set, or empty (https://no-color.org).
    public static var wantsColors: Bool {
        guard let value = getenv("NO_COLOR") else { return true }
        return value.pointee == 0
    }

    /// Whether the locale's characters are UTF-8's (setlocale(3)).
    public static var hasUnicode: Bool {
        let names = ["LC_ALL", "LC_CTYPE", "LANG"]
        let locale = names.lazy.compactMap { getenv($0).map { String(cString: $0) } }.first { !$0.isEmpty } ?? ""
        let name = locale.lowercased()
        return name.contains("utf-8") || name.contains("utf8")
    }

    /// Its size now; 80 by 24 where the terminal does not state it.
    public var size: ScreenSize {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return ScreenSize(columns: 80, rows: 24)
        }
        return ScreenSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// Switches to the alternate screen, hides the cursor, and reads keys one by one.
    public func enter() {
        TerminalSettings.enter(descriptor)
        _ = write(Self.enterSequence)
    }

    /// Restores everything. May be called again.
    public func leave() {
        TerminalSettings.leave()
    }

    /// `leave` of whichever terminal is in full-screen use, if one is. Does not block.
    public static func restore() {
        TerminalSettings.leave()
    }

    /// Draws.
    ///
    /// - Returns: false when the terminal is gone.
    public func write(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while rest.count > 0 {
                let count = linux_write(output, rest.baseAddress, rest.count)
                if count == -Int(EINTR) { continue }
                if count == -Int(EAGAIN) {
                    var wait = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
                    poll(&wait, 1, 100)
                    continue
                }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
    }

    /// The bytes of keys that are pressed within a time; empty without any, nil when the terminal is gone.
    public func read(within time: Duration) -> [UInt8]? {
        var file = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&file, 1, Int32(clamping: time.wholeMilliseconds))
        if ready == 0 || (ready < 0 && errno == EINTR) { return [] }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = linux_read(descriptor, &bytes, bytes.count)
        if count == -Int(EINTR) || count == -Int(EAGAIN) { return [] }
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    /// Stops this process as Ctrl-Z does, with the terminal as it was; returns when it goes on.
    public func suspend() {
        leave()
        raise(SIGSTOP)
        enter()
    }

    private static let enterSequence = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[2J"
}
