import CLinux
import Glibc
import Synchronization

/// One CPU's `trace_pipe_raw`: its sub-buffers in binary, each handed out once.
///
/// Made by ``TraceInstance/openRawPipe(cpu:)``. Meant for one reading thread; ``close()`` may come from any other.
public final class RawPipe: Sendable {
    /// The CPU whose buffer this is.
    public let cpu: Int
    /// Path of the file.
    public let path: String
    // -1 once closed. Held during read(2), which never blocks, so that a descriptor that close(2) has freed and
    // someone else has been given is never read.
    private let file: Mutex<Int32>

    init(cpu: Int, path: String) throws(TracefsError) {
        var fd = linux_open(path, O_RDONLY | O_NONBLOCK)
        while fd == -Errno.interrupted { fd = linux_open(path, O_RDONLY | O_NONBLOCK) }
        guard fd >= 0 else { throw .systemCall(.open, path, -fd) }
        self.cpu = cpu
        self.path = path
        self.file = Mutex(fd)
    }

    deinit { close() }

    /// The descriptor, for an event loop of the caller's; -1 once closed.
    public var descriptor: Int32 { file.withLock { $0 } }

    /// Reads the next sub-buffer, or what is written of the one being written, without waiting.
    ///
    /// The kernel hands out at most one sub-buffer a call and pads it with zeros to its full size, so `buffer` must hold
    /// one; with a smaller buffer the rest comes with the next call (tracing_buffers_read in kernel/trace/trace.c).
    ///
    /// - Returns: bytes read, or nil if there is nothing now.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(TracefsError) -> Int? {
        let outcome = file.withLock { descriptor in
            guard descriptor >= 0 else { return Int?.none }
            while true {
                let n = linux_read(descriptor, buffer.baseAddress, buffer.count)
                if n != -Int(Errno.interrupted) { return n }
            }
        }
        guard let outcome else { throw .pipeClosed(path: path) }
        if outcome > 0 { return outcome }
        if outcome == 0 || outcome == -Int(Errno.again) { return nil }
        throw .systemCall(.read, path, Int32(-outcome))
    }

    /// Waits until the buffer holds ``TraceInstance/setBufferPercent(_:)`` of its size, anything at all if that is 0,
    /// or the pipe is closed by another thread.
    ///
    /// The level is looked at when a sub-buffer is full, so few events in a slow buffer wake nobody: a time limit is
    /// needed for them. Older kernels (seen on 6.1) call an empty buffer readable if the percentage is less than one
    /// sub-buffer; a caller must not spin on that.
    ///
    /// - Parameter timeoutMilliseconds: 0 asks without waiting, -1 waits without limit.
    /// - Returns: false after the timeout or a signal.
    public func poll(timeoutMilliseconds: Int32) throws(TracefsError) -> Bool {
        let descriptor = self.descriptor
        guard descriptor >= 0 else { throw .pipeClosed(path: path) }
        let outcome = linux_poll_input(descriptor, timeoutMilliseconds)
        if outcome == -Errno.interrupted { return false }
        guard outcome >= 0 else { throw .systemCall(.poll, path, -outcome) }
        return outcome != 0
    }

    /// Closes the file; may be called twice. An instance cannot be removed while one of its pipes is open.
    public func close() {
        file.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    var isClosed: Bool { descriptor < 0 }
}
