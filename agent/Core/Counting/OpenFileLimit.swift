import Glibc

/// Counters take a file each on every CPU: the usual soft limit of 1,024 is soon reached.
enum OpenFileLimit {
    /// Raises the soft limit to the hard one.
    static func raise() {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0, files.rlim_cur < files.rlim_max
        else { return }
        files.rlim_cur = files.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }
}
