import CLinux
import Glibc

/// SIGHUP: the terminal of a program is gone.
public enum HangUp {
    /// Whether nohup(1), or whoever else started this process, had the signal ignored. It must stay so.
    public static var isIgnored: Bool { linux_signal_is_ignored(SIGHUP) }
}
