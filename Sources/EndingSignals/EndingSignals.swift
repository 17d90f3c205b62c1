import CLinux
import Glibc
import UnixSignals

extension [UnixSignal] {
    /// The signals that ask a program to end in order: Ctrl-C, SIGTERM, and SIGHUP, which tells that the terminal is gone.
    /// Where nohup(1), or whoever else started this process, had SIGHUP ignored, it stays so.
    public static var ending: [UnixSignal] {
        [.sigint, .sigterm] + (linux_signal_is_ignored(SIGHUP) ? [] : [.sighup])
    }
}
