import Glibc
import TraceProtocol

/// Bytes of a segment's file at a place, in as many calls as it takes (pread(2), pwrite(2)).
enum SegmentBytes {
    /// - Returns: fewer where the file ends or cannot be read; `errno` is 0 or says why then.
    static func read(_ file: CInt, at offset: Int, _ length: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: length) { target, count in
            while count < length {
                let read = pread(file, target.baseAddress.map { $0 + count }, length - count, off_t(offset + count))
                if read < 0, errno == EINTR { continue }
                if read == 0 { errno = 0 }
                guard read > 0 else { return }
                count += read
            }
        }
    }

    /// Writes a frame as a record.
    ///
    /// - Returns: false with `errno` set.
    static func write(_ frame: Frame, to file: CInt, at offset: Int) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: SpoolRecord.headLength, alignment: 8) { head in
            SpoolRecord.writeHead(of: frame, into: head)
            return write(UnsafeRawBufferPointer(head), to: file, at: offset)
                && frame.body.withUnsafeReadableBytes { write($0, to: file, at: offset + head.count) }
        }
    }

    /// - Returns: false with `errno` set.
    static func write(_ bytes: [UInt8], to file: CInt, at offset: Int) -> Bool {
        bytes.withUnsafeBytes { write($0, to: file, at: offset) }
    }

    private static func write(_ bytes: UnsafeRawBufferPointer, to file: CInt, at offset: Int) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = pwrite(
                file, bytes.baseAddress.map { $0 + written }, bytes.count - written, off_t(offset + written))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }
}
