import Datagrams
import NIOCore
import Quotas
import SecureTransport
import Synchronization
import SystemFacts
import Threads

/// Probes clocks by UDP, for one of the controller's ports.
protocol DatagramProbing: AnyObject, Sendable {
    /// A node may open a path with these keys.
    func add(_ keys: DatagramKeys)
    /// Its connection is over.
    func remove(_ path: UInt64)
    /// From now on so many probes.
    func keep(_ pace: ProbePace, of path: UInt64)
    /// Some probes at once.
    func beginBurst(_ path: UInt64)
}

/// The UDP socket of clock probes, and the thread that sends and receives on it: no event of any node is before a probe,
/// and the kernel's stamps say when one left and when its reply came.
final class DatagramProber: DatagramProbing {
    private let socket: DatagramSocket
    private let state: Mutex<State>

    private struct State {
        var paths: ProbePaths
        var isStopped = false
    }

    /// - Parameters:
    ///   - address: the listener's: the UDP port has the number of the TCP port.
    ///   - samples: called on the thread with what has come; must not wait.
    init(
        on address: SocketAddress, opens: Rate, samples: @escaping @Sendable ([DatagramSample]) -> Void
    ) throws {
        socket = try address.withSockAddr {
            try DatagramSocket(binding: $0, length: $1, stampsSent: true)
        }
        state = Mutex(State(paths: ProbePaths(opens: opens)))
        try spawnThread(name: "clock-probes", isPrompt: true) { [self] in run(samples) }
    }

    /// Ends the thread, soon.
    func stop() {
        state.withLock { $0.isStopped = true }
        socket.wake()
    }

    func add(_ keys: DatagramKeys) { state.withLock { $0.paths.add(keys, now: .now) } }

    func remove(_ path: UInt64) { state.withLock { $0.paths.remove(path) } }

    func keep(_ pace: ProbePace, of path: UInt64) {
        state.withLock { $0.paths.keep(pace, of: path, at: .now) }
        socket.wake()
    }

    func beginBurst(_ path: UInt64) {
        state.withLock { $0.paths.beginBurst(path, at: .now) }
        socket.wake()
    }

    /// While nothing is due at all.
    private static let longestWait = Duration.seconds(60)

    private func run(_ samples: ([DatagramSample]) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { buffer in
            while true {
                let wait = state.withLock { state -> Duration? in
                    guard !state.isStopped else { return nil }
                    state.paths.sendDue(now: .now, buffer) { socket.send($0, to: $1) }
                    return state.paths.wait(now: .now) ?? Self.longestWait
                }
                guard let wait else { return }
                socket.wait(atMost: wait)
                let received = receive(buffer)
                guard !received.isEmpty else { continue }
                // Under the lock: none comes after `stop` has returned.
                state.withLock { if !$0.isStopped { samples(received) } }
            }
        }
    }

    private func receive(_ buffer: UnsafeMutableRawBufferPointer) -> [DatagramSample] {
        var samples: [DatagramSample] = []
        socket.receiveSome(into: buffer) { received in
            guard received.count == buffer.count else { return }
            let sample = state.withLock {
                $0.paths.receive(UnsafeRawBufferPointer(buffer), from: received.from, at: received.at)
            }
            if let sample { samples.append(sample) }
        }
        return samples
    }
}
