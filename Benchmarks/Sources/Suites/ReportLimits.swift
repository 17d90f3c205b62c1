import Foundation
import Glibc
import RingBuffer
import TraceDat

/// A lower bound of what any report of a file costs: reading its events, and writing its lines.
enum ReportLimits {
    /// - Parameters:
    ///   - path: a trace.dat file.
    ///   - text: a file with its lines. It is written again.
    static func run(_ path: String, text: String) throws -> [Measurement] {
        let file = try TraceDatFile(path: path)
        var events = 0.0
        let (_, reading) = try Stopwatch.time {
            for buffer in file.buffers {
                for cpu in buffer.cpus {
                    let reader = try file.pages(of: buffer, cpu: cpu)
                    while let pages = try reader.nextSubBuffers() { events += Double(pages.count().events) }
                }
            }
        }
        let lines = try Data(contentsOf: URL(fileURLWithPath: text))
        let (_, writing) = try Stopwatch.time { try write(lines, to: text) }
        return [
            Measurement(
                "peers.limit.read", events / reading.cpu, "events/s/core", note: "unpacked and counted, nothing else"),
            Measurement(
                "peers.limit.write", events / writing.cpu, "events/s/core",
                note: "\(lines.count >> 20) MiB of lines written to tmpfs, nothing else"),
        ]
    }

    private static func write(_ lines: Data, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw InputError("cannot write \(path): errno \(errno)") }
        defer { close(descriptor) }
        try lines.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(128 << 10))
                let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
                guard count > 0 else { throw InputError("cannot write \(path): errno \(errno)") }
                rest = rest.dropFirst(count)
            }
        }
    }
}
