import CLinux
import Foundation

/// A thread that opens files by known names, which are not there.
enum OpenLoad {
    static let event = "syscalls:sys_enter_openat"

    /// - Parameters:
    ///   - name: of the thread.
    ///   - calls: how often each file is opened: one call of openat(2) each time.
    ///   - unreadable: calls with an address where no memory is.
    ///   - renamed: files that it renames: one call of rename(2) each.
    static func run(
        _ name: String, _ calls: [String: UInt64], unreadable: Int, renamed: [(from: String, to: String)] = []
    ) async {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                linux_set_thread_name(name)
                for (path, times) in calls {
                    // The text is written, so its page is in memory.
                    path.withCString { text in for _ in 0..<times { attempt(text) } }
                }
                if let nowhere = UnsafePointer<CChar>(bitPattern: 0x10) {
                    for _ in 0..<unreadable { attempt(nowhere) }
                }
                for (from, to) in renamed {
                    from.withCString { from in to.withCString { to in _ = rename(from, to) } }
                }
                continuation.resume()
            }
        }
    }

    private static func attempt(_ path: UnsafePointer<CChar>) {
        let descriptor = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 { close(descriptor) }
    }
}
