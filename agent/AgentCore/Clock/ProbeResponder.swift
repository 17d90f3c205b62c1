import Datagrams
import Logging
import NIOCore
import Quotas
import SecureTransport
import Synchronization
import SystemFacts
import Threads
import TraceProtocol

/// Replies to clock probes that come by UDP, on a thread of its own: nothing else that the agent does delays them, and
/// the kernel's stamp says when a probe came.
///
/// Everything that it receives is hostile until its tag is right. It sends one datagram for one of the same length.
final class ProbeResponder: Sendable {
    private let socket: DatagramSocket
    private let isStopped = Atomic(false)

    /// - Parameters:
    ///   - address: the controller's, of the connection that the keys are from; the UDP port has the same number.
    ///   - rate: replies at most.
    init(to address: SocketAddress, keys: DatagramKeys, rate: Rate) throws {
        // Not connected: that would need a route at this moment, and datagrams from elsewhere fail by their tags.
        let (socket, controller) = try address.withSockAddr { sockaddr, length in
            (try DatagramSocket(toReach: sockaddr), DatagramEndpoint(sockaddr, length: length))
        }
        self.socket = socket
        guard let incoming = keys.fromServer, let outgoing = keys.fromClient else { throw DatagramKeysUnusable() }
        let new = ProbeExchange(path: keys.path, incoming: incoming, outgoing: outgoing, rate: rate, now: .now)
        try spawnThread(name: "ft-clock", isPrompt: true) { [weak self] in
            var exchange = new
            withUnsafeTemporaryAllocation(byteCount: ClockDatagram.length, alignment: 8) { buffer in
                while self?.isStopped.load(ordering: .acquiring) == false {
                    if exchange.writeOpen(to: buffer, now: .now) {
                        socket.send(UnsafeRawBufferPointer(buffer), to: controller)
                    }
                    socket.wait(atMost: exchange.wait(now: .now))
                    Self.receive(socket, controller, &exchange, buffer)
                }
            }
        }
    }

    /// Everything that has come, up to a limit.
    private static func receive(
        _ socket: DatagramSocket, _ controller: DatagramEndpoint, _ exchange: inout ProbeExchange,
        _ buffer: UnsafeMutableRawBufferPointer
    ) {
        socket.receiveSome(into: buffer) { received in
            let bytes = UnsafeRawBufferPointer(buffer)
            guard received.count == bytes.count, let probe = exchange.accept(bytes, at: received.at) else { return }
            // The tag is computed after the second stamp, because it covers it: about 1 us.
            if exchange.writeReply(to: probe, received: received.at, sent: .now, buffer) {
                socket.send(bytes, to: controller)
            }
        }
    }

    /// The connection is over. The thread ends soon.
    func stop() {
        isStopped.store(true, ordering: .releasing)
        socket.wake()
    }

    deinit { stop() }
}

/// OpenSSL refuses HMAC-SHA-256.
struct DatagramKeysUnusable: Error, CustomStringConvertible {
    var description: String { "OpenSSL has no HMAC-SHA-256" }
}
