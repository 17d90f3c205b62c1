import Glibc

/// How many files this process may have open (RLIMIT_NOFILE, setrlimit(2)). A controller needs one for each node and
/// for each log. An agent that counts needs one for each counter and CPU. The usual soft limit of 1,024 is too low.
public enum OpenFileLimit {
    /// The most files that may be open at a time.
    public static var current: Int {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return 1024 }
        return Int(clamping: files.rlim_cur)
    }

    /// Raises the soft limit to the hard one.
    public static func raise() {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0, files.rlim_cur < files.rlim_max
        else { return }
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }
}
