import CLinux
import Glibc

/// The kernel's own log, /dev/kmsg.
public enum KernelLog {
    /// Whether the kernel has logged a text since a moment.
    ///
    /// - Parameter since: on CLOCK_MONOTONIC_RAW. The log's clock differs from it by a second or two.
    /// - Returns: nil when the log cannot be read.
    public static func has(_ text: String, since: MonotonicRawInstant) -> Bool? {
        let file = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 8192)
        // A read returns one record.
        for _ in 0..<mostRecords {
            let count = read(file, &buffer, buffer.count)
            if count < 0 {
                // Overwritten before it was read.
                if errno == EPIPE || errno == EINTR { continue }
                return errno == EAGAIN ? false : nil
            }
            guard count > 0 else { return false }
            if isRecord(String(decoding: buffer[..<count], as: UTF8.self), of: text, since: since) { return true }
        }
        return nil
    }

    /// More than the largest log holds (LOG_BUF_SHIFT 25, 64 bytes a record).
    private static let mostRecords = 1 << 20

    /// `6,1234,5678901,-;text` (Documentation/ABI/testing/dev-kmsg): the third number is in us.
    static func isRecord(_ record: String, of text: String, since: MonotonicRawInstant) -> Bool {
        guard record.contains(text) else { return false }
        let fields = record.prefix { $0 != ";" }.split(separator: ",")
        guard fields.count > 2, let time = Int64(fields[2]) else { return true }
        return time >= since.nanoseconds / 1000
    }
}
