import Foundation
import NIOCore
import NIOPosix
import SecureTransport
import TraceProtocol

/// Frames of 64 KiB through mutual TLS over loopback, beside the same frames over plain TCP. And what a handshake and an
/// idle connection cost.
enum TransportBenchmark {
    private static let frameBytes = 64 << 10
    private static let totalFrames = 32_000
    private static let idleConnections = 400
    /// Seconds that connections rest before their memory is measured. The transport gives memory back within this time.
    private static let rest = 4.0

    static func run() async throws -> [Measurement] {
        try await LoopbackLink.with { secure in
            let plain = LoopbackLink(security: .none, group: secure.group)
            let tls = try await stream(secure)
            let tcp = try await stream(plain)
            let megabytes = Double(totalFrames * frameBytes) / 1e6
            return [
                Measurement(
                    "transport.bytes", megabytes / tls.wall, "MB/s",
                    note: "two threads, one to encrypt, one to decrypt"),
                Measurement("transport.frames", Double(totalFrames) / tls.wall, "frames/s", note: "64 KiB each"),
                Measurement(
                    "transport.bytes.cpu", megabytes / tls.cpu, "MB/s/core", ratioToPeer: tcp.cpu / tls.cpu,
                    note: "both ends together"),
                Measurement(
                    "transport.plain.bytes.cpu", megabytes / tcp.cpu, "MB/s/core",
                    note: "both ends together, the same frames without TLS"),
            ] + (try await idle(secure))
        }
    }

    /// What all frames took. The processor time is that of both ends.
    private static func stream(_ link: LoopbackLink) async throws -> Elapsed {
        let done = link.group.next().makePromise(of: Void.self)
        let listener = try await link.listen { FrameSink(expected: totalFrames, done: done) }
        let start = (wall: Stopwatch.now(CLOCK_MONOTONIC), cpu: Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID))
        let connection = try await link.connect(to: listener) { FrameSource(frames: totalFrames, bytes: frameBytes) }
        try await done.futureResult.get()
        let elapsed = Elapsed(
            wall: Stopwatch.now(CLOCK_MONOTONIC) - start.wall, cpu: Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - start.cpu)
        try? await connection.close()
        try? await listener.close()
        return elapsed
    }

    private static func idle(_ secure: LoopbackLink) async throws -> [Measurement] {
        let never = secure.group.next().makePromise(of: Void.self)
        defer { never.succeed(()) }
        let listener = try await secure.listen { FrameSink(expected: .max, done: never) }
        // One connection first, so that what is loaded once is not counted.
        var connections = [try await ready(secure, to: listener)]
        let before = resident()
        let cpu = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID)
        for _ in 0..<idleConnections { connections.append(try await ready(secure, to: listener)) }
        let handshakes = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - cpu
        try await Task.sleep(for: .seconds(rest))
        let perConnection = (resident() - before) / Double(idleConnections)
        for connection in connections { try? await connection.close() }
        try? await listener.close()
        return [
            Measurement(
                "transport.handshakes", Double(idleConnections) / handshakes, "handshakes/s/core",
                note: "both ends together"),
            Measurement(
                "transport.idle-connection", perConnection / 1024, "KiB",
                note: "resident, both ends and their channel pipelines, \(idleConnections) connections"),
            Measurement("transport.frame", Double(frameBytes) / 1024, "KiB", note: "one frame of the stream"),
        ]
    }

    /// A connection whose handshake is done.
    private static func ready(_ link: LoopbackLink, to listener: any Channel) async throws -> any Channel {
        let done = link.group.next().makePromise(of: Void.self)
        let channel = try await link.connect(to: listener) { ReadinessHandler(done: done) }
        try await done.futureResult.get()
        return channel
    }

    /// Resident bytes of this process.
    private static func resident() -> Double {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Double($0) }.map { $0 * Double(getpagesize()) }
            ?? 0
    }
}
