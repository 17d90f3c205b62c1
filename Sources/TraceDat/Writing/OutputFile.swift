import Glibc

/// A new file that is written sequentially, in large pieces.
final class OutputFile {
    let path: String
    private let descriptor: Int32
    private var pending: [UInt8] = []
    /// Bytes written so far, including those in the buffer.
    private(set) var position: UInt64 = 0

    private static let pieceSize = 256 << 10

    /// Creates the file. It must not exist.
    init(creating path: String) throws(TraceDatWriteError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        self.path = path
    }

    /// Creates a file without a name in `folder`. The kernel removes it when its last user closes it or dies.
    init(namelessIn folder: String) throws(TraceDatWriteError) {
        var template = Array("\(folder)/.fleetrace-XXXXXX".utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Self.failure("mkstemp", folder) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
        path = folder
    }

    deinit { close(descriptor) }

    func append(_ bytes: UnsafeRawBufferPointer) throws(TraceDatWriteError) {
        position += UInt64(bytes.count)
        if pending.count + bytes.count < Self.pieceSize {
            pending.append(contentsOf: bytes)
            return
        }
        try flush()
        try write(bytes)
    }

    func append(_ bytes: [UInt8]) throws(TraceDatWriteError) {
        try bytes.withUnsafeBufferPointer { bytes throws(TraceDatWriteError) in
            try append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Appends zeros up to the next multiple of `alignment`.
    func align(to alignment: UInt64) throws(TraceDatWriteError) {
        try append([UInt8](repeating: 0, count: Int(Self.aligned(position, to: alignment) - position)))
    }

    static func aligned(_ position: UInt64, to alignment: UInt64) -> UInt64 {
        (position + alignment - 1) / alignment * alignment
    }

    func flush() throws(TraceDatWriteError) {
        guard !pending.isEmpty else { return }
        try pending.withUnsafeBufferPointer { bytes throws(TraceDatWriteError) in
            try write(UnsafeRawBufferPointer(bytes))
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// Overwrites bytes that have been flushed.
    func patch(_ bytes: [UInt8], at offset: UInt64) throws(TraceDatWriteError) {
        guard pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count else {
            throw Self.failure("pwrite", path)
        }
    }

    /// Appends the contents of another file.
    func append(contentsOf other: OutputFile) throws(TraceDatWriteError) {
        try other.flush()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
        defer { buffer.deallocate() }
        var offset: UInt64 = 0
        while offset < other.position {
            let count = pread(other.descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("pread", other.path) }
            try append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += UInt64(count)
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) throws(TraceDatWriteError) {
        var rest = bytes
        while rest.count > 0 {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    private static func failure(_ call: String, _ path: String) -> TraceDatWriteError {
        TraceDatWriteError(path: path, reason: .system(call: call, errno: errno))
    }
}
