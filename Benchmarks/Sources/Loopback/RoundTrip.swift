import NIOCore

/// The round trip of a small frame through mutual TLS over loopback, between two threads of this process: the yardstick
/// for what a controller does with many nodes.
enum RoundTrip {
    private static let count = 5_000

    /// Seconds.
    static func median() async throws -> Double {
        try await LoopbackLink.with { link in
            let done = link.group.next().makePromise(of: [Double].self)
            let listener = try await link.listen { PongHandler() }
            let connection = try await link.connect(to: listener) { PingSource(count: count, done: done) }
            let times = try await done.futureResult.get()
            try? await connection.close()
            try? await listener.close()
            return times.sorted()[times.count / 2]
        }
    }
}
