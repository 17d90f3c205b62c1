import CLinux
import Glibc
import SystemFacts

/// A UDP socket whose datagrams carry the time at which the kernel received or sent them, as far as it says, as certain
/// bounds of CLOCK_MONOTONIC_RAW. One thread receives and sends; `wake` may be called by all.
public final class DatagramSocket: @unchecked Sendable {
    // Unchecked: `mapping` is the one thread's.
    private let descriptor: Int32
    private let wakeInput: Int32
    private let wakeOutput: Int32
    private let stampsSent: Bool
    private var mapping = StampMapping(.now)

    /// A socket on any port, to send to addresses of this kind.
    public convenience init(toReach address: UnsafePointer<sockaddr>) throws(DatagramError) {
        // All zero but for the family: the wildcard address and any port, of IPv4 as of IPv6.
        var wildcard = sockaddr_storage()
        wildcard.ss_family = address.pointee.sa_family
        let length =
            Int32(wildcard.ss_family) == AF_INET6
            ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size
        let made = withUnsafePointer(to: &wildcard) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                linux_udp_socket($0, socklen_t(length), false)
            }
        }
        try self.init(descriptor: made, stampsSent: false)
    }

    /// A socket that is bound to an address.
    ///
    /// - Parameter stampsSent: whether `send` returns the kernel's stamp.
    public convenience init(
        binding address: UnsafePointer<sockaddr>, length: Int, stampsSent: Bool = false
    ) throws(DatagramError) {
        try self.init(
            descriptor: linux_udp_socket(address, socklen_t(length), stampsSent), stampsSent: stampsSent)
    }

    /// - Parameter descriptor: or -errno.
    private init(descriptor: Int32, stampsSent: Bool) throws(DatagramError) {
        guard descriptor >= 0 else { throw DatagramError(errno: -descriptor) }
        var ends: (Int32, Int32) = (0, 0)
        let made = withUnsafeMutableBytes(of: &ends) {
            linux_wake_pipe($0.baseAddress?.assumingMemoryBound(to: Int32.self))
        }
        guard made == 0 else {
            close(descriptor)
            throw DatagramError(errno: -made)
        }
        (wakeInput, wakeOutput) = ends
        self.descriptor = descriptor
        self.stampsSent = stampsSent
    }

    deinit {
        close(descriptor)
        close(wakeInput)
        close(wakeOutput)
    }

    /// Waits until something has come or `wake` is called, at most so long.
    public func wait(atMost time: Duration) {
        _ = linux_poll_either(descriptor, wakeInput, time.wholeNanoseconds)
        var bytes: UInt64 = 0
        while linux_read(wakeInput, &bytes, 8) > 0 {}
        // A stamp that came late would end every further wait at once.
        if stampsSent { _ = linux_sent_stamp(descriptor) }
    }

    /// Ends a `wait`, this one or the next.
    public func wake() {
        var byte: UInt8 = 1
        _ = linux_write(wakeOutput, &byte, 1)
    }

    /// A datagram that has come.
    public struct Received: Sendable {
        /// Its length; what is beyond the buffer is lost.
        public var count: Int
        public var from: DatagramEndpoint
        /// Not before the kernel had it, and as little later as can be proved.
        public var at: MonotonicRawInstant
    }

    /// The next datagram, or nil if none waits.
    public func receive(into buffer: UnsafeMutableRawBufferPointer) -> Received? {
        var from = linux_endpoint()
        var stamp: Int64 = 0
        let count = linux_receive_datagram(descriptor, buffer.baseAddress, buffer.count, &from, &stamp)
        guard count >= 0 else { return nil }
        let now = MonotonicRawInstant.now
        var at = now
        if stamp != 0, let latest = mapping.latest(stamp, .now) {
            at = min(now, MonotonicRawInstant(nanoseconds: latest))
        }
        return Received(count: count, from: DatagramEndpoint(from), at: at)
    }

    /// Datagrams between two turns.
    private static let receivedPerTurn = 64
    private static let rest = Duration.milliseconds(1)

    /// Passes what has come, up to a limit, and then rests: whoever sends without end does not get a whole CPU of a thread
    /// that runs before others. Stamps are the kernel's, so nothing is late by that.
    public func receiveSome(into buffer: UnsafeMutableRawBufferPointer, _ body: (Received) -> Void) {
        for _ in 0..<Self.receivedPerTurn {
            guard let received = receive(into: buffer) else { return }
            body(received)
        }
        linux_sleep_nanoseconds(UInt64(Self.rest.wholeNanoseconds))
    }

    /// Sends a datagram, and forgets it if that is not possible now.
    ///
    /// - Returns: a time that is not after it left, and as little earlier as can be proved; nil if it was not sent.
    @discardableResult
    public func send(_ bytes: UnsafeRawBufferPointer, to endpoint: DatagramEndpoint) -> MonotonicRawInstant? {
        let before = MonotonicRawInstant.now
        var target = endpoint.value
        guard linux_send_datagram(descriptor, bytes.baseAddress, bytes.count, &target) == 0 else { return nil }
        guard stampsSent, case let stamp = linux_sent_stamp(descriptor), stamp != 0,
            let earliest = mapping.earliest(stamp, .now)
        else { return before }
        return max(before, MonotonicRawInstant(nanoseconds: earliest))
    }

    /// The port that it is bound to.
    public var port: UInt16 {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
            return $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
        }
    }
}
