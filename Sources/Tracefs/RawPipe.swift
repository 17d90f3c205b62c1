import CLinux
import Glibc
import Synchronization

/// One CPU's `trace_pipe_raw`, which returns each sub-buffer once, in binary.
///
/// Created by ``TraceInstance/openRawPipe(cpu:)``. For one reading thread. Any other thread may call ``close()``.
public final class RawPipe: Sendable {
    /// The CPU whose buffer this is.
    public let cpu: Int
    /// Path of the file.
    public let path: String
    // -1 once closed. The lock is held during read(2), which never blocks, so that no other file is read that got the
    // same descriptor after close(2).
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

    /// The descriptor, for the caller's event loop. -1 once closed.
    public var descriptor: Int32 { file.withLock { $0 } }

    /// Reads the next sub-buffer, or the part written so far of the current one. It does not wait.
    ///
    /// The kernel returns at most one sub-buffer per call, padded with zeros to its full size, so `buffer` should have
    /// room for one. With a smaller buffer the next call returns the rest (tracing_buffers_read in
    /// kernel/trace/trace.c).
    ///
    /// - Returns: bytes read, or nil if there is nothing to read now.
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

    /// Waits until the buffer is filled to ``TraceInstance/setBufferPercent(_:)`` (if that is 0, until it has any
    /// event), or another thread closes the pipe.
    ///
    /// The kernel checks the level when a sub-buffer is full, so a few events do not wake the caller. Use a timeout for
    /// them. Older kernels (seen on 6.1) report an empty buffer as readable if the percentage is less than one
    /// sub-buffer, so a caller must not spin.
    ///
    /// - Parameter timeoutMilliseconds: 0 does not wait, -1 waits without a limit.
    /// - Returns: false after the timeout or a signal.
    public func poll(timeoutMilliseconds: Int32) throws(TracefsError) -> Bool {
        let descriptor = self.descriptor
        guard descriptor >= 0 else { throw .pipeClosed(path: path) }
        let outcome = linux_poll_input(descriptor, timeoutMilliseconds)
        if outcome == -Errno.interrupted { return false }
        guard outcome >= 0 else { throw .systemCall(.poll, path, -outcome) }
        return outcome != 0
    }

    /// Closes the file. May be called twice. An instance cannot be removed while one of its pipes is open.
    public func close() {
        file.withLock { descriptor in
            if descriptor >= 0 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    var isClosed: Bool { descriptor < 0 }
}
