import Glibc

/// A limit on every file that this process or a program it starts writes, so that no benchmark fills the disk
/// (setrlimit(2), RLIMIT_FSIZE).
enum FileLimit {
    /// Bytes. More than any benchmark needs.
    static let bytes: rlim_t = 3 << 30

    static func set() {
        var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
        setrlimit(__rlimit_resource_t(UInt32(RLIMIT_FSIZE.rawValue)), &limit)
    }
}
