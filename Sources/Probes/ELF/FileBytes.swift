import CLinux
import Glibc

/// Parts of a file, read with pread(2). The file is not mapped, because SIGBUS kills the reader of a mapped file that
/// another process truncates.
final class FileBytes: Sendable {
    let path: String
    /// Size of the file when it was opened, in bytes.
    let size: UInt64
    private let descriptor: Int32

    /// Opens a regular file.
    init(_ path: String) throws(ELFError) {
        // Without O_NONBLOCK, opening a FIFO waits for a writer.
        var descriptor = linux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        while descriptor == -EINTR { descriptor = linux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0 else {
            throw ELFError(
                descriptor == -ENOENT
                    ? "no file \(path) on this node" : "cannot open \(path): \(String(cString: strerror(-descriptor)))")
        }
        var status = stat()
        let type = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
        guard type == S_IFREG else {
            close(descriptor)
            throw ELFError(
                "\(path) is \(type == S_IFDIR ? "a directory" : "not a regular file"), not a program or library")
        }
        self.path = path
        self.size = UInt64(clamping: status.st_size)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// The `count` bytes from `offset` on.
    ///
    /// - Throws: if the file ends too early, or `count` is above `limit`.
    func read(_ what: String, at offset: UInt64, count: UInt64, limit: UInt64) throws(ELFError) -> [UInt8] {
        guard count <= limit else { throw ELFError("\(path): \(what) has \(count) bytes, at most \(limit) are read") }
        guard offset <= size, count <= size - offset else {
            throw .damaged(
                path, "\(what) would end at byte \(offset.addingReportingOverflow(count).partialValue) of \(size)")
        }
        let (fd, wanted) = (descriptor, Int(count))
        var failed: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            while filled < wanted {
                let n = pread(fd, buffer.baseAddress! + filled, wanted - filled, off_t(offset) + off_t(filled))
                if n < 0, errno == EINTR { continue }
                if n < 0 { failed = errno }
                guard n > 0 else { return }
                filled += n
            }
        }
        guard failed == 0 else { throw ELFError("cannot read \(path): \(String(cString: strerror(failed)))") }
        guard bytes.count == wanted else { throw .damaged(path, "it became shorter while it was read") }
        return bytes
    }
}

extension [UInt8] {
    /// The little-endian number at `offset`, or nil if it is out of range.
    func little<T: FixedWidthInteger>(_: T.Type, at offset: Int) -> T? {
        guard offset >= 0, offset <= count - MemoryLayout<T>.size else { return nil }
        return withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
    }

    /// The text from `offset` to the next zero byte, or nil if there is none.
    func text(at offset: Int) -> String? {
        guard offset >= 0, offset < count, let end = self[offset...].firstIndex(of: 0) else { return nil }
        return String(decoding: self[offset..<end], as: UTF8.self)
    }
}
