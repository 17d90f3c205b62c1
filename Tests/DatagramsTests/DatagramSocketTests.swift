import CLinux
import Datagrams
import Glibc
import SystemFacts
import Testing

/// Sockets on loopback.
@Suite struct DatagramSocketTests {
    private static func socket(port: UInt16 = 0) throws -> DatagramSocket {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return try withUnsafePointer(to: &address) {
            try $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                try DatagramSocket(binding: $0, length: MemoryLayout<sockaddr_in>.size, stampsSent: true)
            }
        }
    }

    /// Two sockets, and where the first one is.
    private static func pair() throws -> (server: DatagramSocket, client: DatagramSocket, home: DatagramEndpoint) {
        let server = try socket()
        return (server, try socket(), DatagramEndpoint(loopbackPort: server.port))
    }

    private static func receive(_ socket: DatagramSocket) -> (bytes: [UInt8], DatagramSocket.Received)? {
        var buffer = [UInt8](repeating: 0, count: 64)
        for _ in 0..<20 {
            if let received = buffer.withUnsafeMutableBytes({ socket.receive(into: $0) }) {
                return (Array(buffer.prefix(received.count)), received)
            }
            socket.wait(atMost: .milliseconds(100))
        }
        return nil
    }

    @Test func stampsLieBetweenSendingAndReceiving() throws {
        let (server, client, home) = try Self.pair()
        for turn in UInt8(0)..<50 {
            let before = MonotonicRawInstant.now
            let sent = try #require([turn, 1, 2].withUnsafeBytes { client.send($0, to: home) })
            let (bytes, received) = try #require(Self.receive(server))
            let after = MonotonicRawInstant.now
            #expect(bytes == [turn, 1, 2])
            #expect(before <= sent && sent <= received.at && received.at <= after)
            // And back, to where it came from.
            #expect([turn].withUnsafeBytes { server.send($0, to: received.from) } != nil)
            #expect(try #require(Self.receive(client)).bytes == [turn])
        }
    }

    /// The kernel's stamp is what is used: nobody looked at the socket for a long time.
    @Test func aDatagramThatWaitedHasTheTimeAtWhichItCame() throws {
        let (server, client, home) = try Self.pair()
        // The first stamp of a host switches stamping on, a little later.
        for _ in 0..<20 {
            _ = [1].withUnsafeBytes { client.send($0, to: home) }
            _ = Self.receive(server)
            server.wait(atMost: .milliseconds(5))
        }
        _ = [7].withUnsafeBytes { client.send($0, to: home) }
        let sent = MonotonicRawInstant.now
        // Nothing wakes it: the datagram is not looked for.
        client.wait(atMost: .milliseconds(200))
        let (_, received) = try #require(Self.receive(server))
        let read = MonotonicRawInstant.now
        let waited = sent.duration(to: read)
        #expect(waited >= .milliseconds(150))
        // At most a fifth of the wait, as `StampMapping` says.
        #expect(sent.duration(to: received.at) < waited / 4)
    }

    @Test func wakingEndsAWait() throws {
        let socket = try Self.socket()
        socket.wake()
        let begin = ContinuousClock.now
        socket.wait(atMost: .seconds(30))
        #expect(begin.duration(to: .now) < .seconds(10))
    }

    @Test func aLongDatagramSaysHowLongItIs() throws {
        let (server, client, home) = try Self.pair()
        _ = [UInt8](repeating: 5, count: 1000).withUnsafeBytes { client.send($0, to: home) }
        var buffer = [UInt8](repeating: 0, count: 64)
        server.wait(atMost: .seconds(5))
        let received = try #require(buffer.withUnsafeMutableBytes { server.receive(into: $0) })
        #expect(received.count == 1000)
    }

    @Test func aPortInUseIsAnError() throws {
        let first = try Self.socket()
        #expect(throws: DatagramError.self) { try Self.socket(port: first.port) }
        #expect("\(DatagramError(errno: EADDRINUSE))" == "no UDP socket: address already in use")
    }
}
