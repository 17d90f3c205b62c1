import Glibc

/// Bytes that can be read at any offset, from several threads at once.
struct ByteSource: Sendable {
    private enum Storage: Sendable {
        case file(RecordingFile)
        case memory([UInt8])
    }

    private let storage: Storage
    /// Size in bytes.
    let size: UInt64

    init(path: String) throws(TraceDatError) {
        let file = try RecordingFile(path: path)
        storage = .file(file)
        size = file.size
    }

    init(bytes: [UInt8]) {
        storage = .memory(bytes)
        size = UInt64(bytes.count)
    }

    /// Fills `target` with the bytes from `offset` on.
    ///
    /// - Throws: `.truncated` when the source ends too early. The contents of `target` are then undefined.
    func read(at offset: UInt64, into target: UnsafeMutableRawBufferPointer) throws(TraceDatError) {
        let available = offset < size ? size - offset : 0
        guard UInt64(target.count) <= available else {
            throw TraceDatError(
                offset: offset, reason: .truncated(needed: UInt64(target.count), available: available))
        }
        switch storage {
        case .memory(let bytes):
            bytes.withUnsafeBytes { target.copyMemory(from: .init(rebasing: $0[Int(offset)...].prefix(target.count))) }
        case .file(let file):
            try file.read(at: offset, into: target)
        }
    }

    /// `count` bytes from `offset` on.
    func bytes(at offset: UInt64, count: UInt64, limit: UInt64) throws(TraceDatError) -> [UInt8] {
        guard count <= limit else { throw TraceDatError(offset: offset, reason: .tooLarge(count, limit: limit)) }
        let available = offset < size ? size - offset : 0
        guard count <= available else {
            throw TraceDatError(offset: offset, reason: .truncated(needed: count, available: available))
        }
        var result = [UInt8](repeating: 0, count: Int(count))
        var failure: TraceDatError?
        result.withUnsafeMutableBytes { target in
            do throws(TraceDatError) { try read(at: offset, into: target) } catch { failure = error }
        }
        if let failure { throw failure }
        return result
    }
}

/// A file descriptor that is closed with its last user. Reads do not use a file position, so threads can share it.
private final class RecordingFile: Sendable {
    private let descriptor: Int32
    let size: UInt64

    init(path: String) throws(TraceDatError) {
        // Without O_NONBLOCK, opening a FIFO waits for a writer.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw TraceDatError(offset: 0, reason: .system(call: "open", errno: errno)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw TraceDatError(offset: 0, reason: .system(call: "fstat", errno: code))
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size >= 0 else {
            close(descriptor)
            throw TraceDatError(offset: 0, reason: .notARegularFile)
        }
        size = UInt64(status.st_size)
    }

    deinit { close(descriptor) }

    /// Uses pread(2), not mmap(2): if a mapped file is shortened meanwhile, SIGBUS ends the process.
    func read(at offset: UInt64, into target: UnsafeMutableRawBufferPointer) throws(TraceDatError) {
        guard let base = target.baseAddress else { return }
        var done = 0
        while done < target.count {
            let count = pread(descriptor, base + done, target.count - done, off_t(offset) + off_t(done))
            if count > 0 {
                done += count
            } else if count == 0 {
                throw TraceDatError(
                    offset: offset, reason: .truncated(needed: UInt64(target.count), available: UInt64(done)))
            } else if errno != EINTR {
                throw TraceDatError(offset: offset, reason: .system(call: "pread", errno: errno))
            }
        }
    }
}
