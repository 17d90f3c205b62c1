import Glibc
import NIOCore
import RingBuffer
import SystemFacts

/// Where a reading thread puts the sub-buffers that it takes out of rings. Confined to that thread, but for `markKept`.
///
/// Reading a sub-buffer takes it out of the kernel. Until it stands in a spool, nobody else has it. So for sessions with a
/// spool it is read into a file: what a killed agent had just read is there, and its successor finds it. The kernel writes
/// a sub-buffer with its head first, and no signal interrupts it; heads are cleared before, so what has one is whole.
final class ReadBuffer {
    /// Enough for a batch that the codec works well on, bytes.
    static let usualLength = 256 << 10
    /// Of the file's first page, which says what the others are; and the step in which pages are touched, so that no page
    /// fault comes in the middle of a read.
    static let pageSize = 4096
    static let fileLength = pageSize + usualLength
    /// For sub-buffers.
    let pages: UnsafeMutableRawBufferPointer
    /// Of a file; nil for memory alone.
    private let mapping: UnsafeMutableRawBufferPointer?
    /// Where sub-buffers of a kept buffer are packed, which moves them.
    private let scratch: UnsafeMutableRawBufferPointer

    var isFile: Bool { mapping != nil }

    /// One in memory.
    init() {
        pages = .allocate(byteCount: Self.usualLength, alignment: Self.pageSize)
        scratch = pages
        mapping = nil
    }

    /// One in a new file.
    ///
    /// - Throws: also when the file system has no room for all of it: what is mapped later must not be missing.
    init(newFile path: String) throws(SystemError) {
        let length = Self.fileLength
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .failed(operation: .create, path: path, errno: errno) }
        defer { close(file) }
        let code = posix_fallocate(file, 0, off_t(length))
        guard code == 0 else {
            unlink(path)
            throw .failed(operation: .write, path: path, errno: code)
        }
        guard let start = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), start != MAP_FAILED else {
            let code = errno
            unlink(path)
            throw .failed(operation: .open, path: path, errno: code)
        }
        let mapping = UnsafeMutableRawBufferPointer(start: start, count: length)
        self.mapping = mapping
        pages = UnsafeMutableRawBufferPointer(rebasing: mapping[Self.pageSize...])
        scratch = .allocate(byteCount: Self.usualLength, alignment: Self.pageSize)
        ReadBufferHead.claim(mapping)
    }

    deinit {
        if let mapping { munmap(mapping.baseAddress, mapping.count) }
        scratch.deallocate()
    }

    /// From now on sub-buffers of a session are read.
    ///
    /// - Parameters:
    ///   - sequence: of the session's last frame. Once these sub-buffers stand in a frame, it has a higher one.
    ///   - subBufferSize: bytes.
    func begin(_ session: UInt64, cpu: Int, after sequence: UInt64, subBufferSize: Int) {
        guard let mapping else { return }
        for offset in stride(from: 0, to: pages.count, by: min(subBufferSize, Self.pageSize)) {
            pages.storeBytes(of: 0, toByteOffset: offset, as: UInt64.self)
            pages.storeBytes(of: 0, toByteOffset: offset + 8, as: UInt64.self)
        }
        ReadBufferHead(
            session: session, after: sequence, cpu: UInt32(cpu), subBufferSize: UInt32(subBufferSize)
        ).write(into: mapping)
        // Last: a head without this is of nothing.
        ReadBufferHead.setFilling(true, in: mapping)
    }

    /// What was read stands in a frame, or is nothing. Called while nothing can be removed from the spool.
    func markKept() {
        guard let mapping else { return }
        ReadBufferHead.setFilling(false, in: mapping)
    }

    /// Sub-buffers as they were read, in memory where they may be moved.
    func movable(_ length: Int) -> UnsafeMutableRawBufferPointer {
        let part = UnsafeMutableRawBufferPointer(rebasing: scratch[..<length])
        if isFile { part.copyMemory(from: UnsafeRawBufferPointer(rebasing: pages[..<length])) }
        return part
    }
}
