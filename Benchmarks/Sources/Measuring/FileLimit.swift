import Glibc

/// No file that a benchmark or a program it starts writes may fill the machine (setrlimit(2), RLIMIT_FSIZE).
enum FileLimit {
    /// Bytes. More than any benchmark needs, and less than fills a machine.
    static let bytes: rlim_t = 3 << 30

    static func set() {
        var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
        setrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
    }
}
