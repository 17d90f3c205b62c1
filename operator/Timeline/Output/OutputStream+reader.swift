import Glibc
import Threads

extension OutputStream {
    /// Whether somebody else reads it: a pipe or a socket.
    private var hasReader: Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return [S_IFIFO, S_IFSOCK].contains(status.st_mode & S_IFMT)
    }

    /// Calls `body` once when nobody reads it any longer, also while nothing is written: a thread waits for POLLERR, or
    /// POLLHUP of a socket (poll(2)). Never for a file or a terminal.
    ///
    /// - Throws: `ThreadError`.
    public func whenReaderEnds(_ body: @escaping @Sendable () -> Void) throws(ThreadError) {
        guard hasReader else { return }
        try spawnThread(name: "output") { [descriptor] in
            while true {
                var file = pollfd(fd: descriptor, events: 0, revents: 0)
                guard poll(&file, 1, -1) < 0 else {
                    return file.revents & Int16(POLLNVAL) == 0 ? body() : ()
                }
            }
        }
    }
}
