import Glibc

/// A file descriptor that lines are written to.
public struct OutputStream: Sendable {
    public let descriptor: Int32

    public static let standardOutput = OutputStream(descriptor: STDOUT_FILENO)

    public init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Whether somebody reads along on a terminal.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes everything.
    ///
    /// - Throws: `OutputError`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
        var rest = bytes
        while rest.count > 0 {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0 {
                guard errno == EINTR || errno == EAGAIN else { throw OutputError(errno: errno) }
                if errno == EAGAIN {
                    var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&wait, 1, 1000)
                }
                continue
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}

/// The output cannot be written to.
public struct OutputError: Error, Sendable, CustomStringConvertible {
    public var errno: Int32

    /// The reader has closed the pipe, as `head` does when it has enough: no failure.
    public var isClosedPipe: Bool { errno == EPIPE }

    public var description: String { "cannot write the output: \(String(cString: strerror(errno)))" }
}
