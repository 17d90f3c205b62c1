import Glibc

/// The errno values that this module distinguishes.
enum Errno {
    static let permission = EPERM
    static let noEntry = ENOENT
    static let interrupted = EINTR
    static let again = EAGAIN
    static let access = EACCES
    static let busy = EBUSY
    static let exists = EEXIST
    static let noDevice = ENODEV
    static let invalid = EINVAL
}
