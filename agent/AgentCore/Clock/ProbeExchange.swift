import Quotas
import SecureTransport
import SystemFacts
import TraceProtocol

/// What an agent does with the datagrams of one path: what it accepts, and what it writes. No I/O; time is an argument.
struct ProbeExchange {
    private let path: UInt64
    private let incoming: DatagramSeal
    private let outgoing: DatagramSeal
    private var opening: PathOpening
    private var allowance: TokenBucket

    init(path: UInt64, incoming: DatagramSeal, outgoing: DatagramSeal, rate: Rate, now: MonotonicRawInstant) {
        self.path = path
        self.incoming = incoming
        self.outgoing = outgoing
        opening = PathOpening(now: now)
        allowance = TokenBucket(rate)
    }

    /// How long nothing is to be sent unasked.
    func wait(now: MonotonicRawInstant) -> Duration { opening.wait(now: now) }

    /// Writes an open, if one is due.
    mutating func writeOpen(to buffer: UnsafeMutableRawBufferPointer, now: MonotonicRawInstant) -> Bool {
        guard let number = opening.next(now: now) else { return false }
        return write(ClockDatagram(.open, path: path, number: number), to: buffer)
    }

    /// The probe in a datagram, if the controller has sent it over this path, and not too many come.
    ///
    /// A probe that somebody has recorded and sends again is replied to; the controller takes one reply to each.
    mutating func accept(_ bytes: UnsafeRawBufferPointer, at now: MonotonicRawInstant) -> ClockDatagram? {
        guard let probe = ClockDatagram(bytes), probe.kind == .probe, probe.path == path,
            incoming.verifies(
                UnsafeRawBufferPointer(rebasing: bytes[..<ClockDatagram.sealed]),
                tag: UnsafeRawBufferPointer(rebasing: bytes[ClockDatagram.sealed...])),
            allowance.spend(now: now)
        else { return nil }
        opening.heard(at: now)
        return probe
    }

    /// Writes the reply to a probe.
    func writeReply(
        to probe: ClockDatagram, received: MonotonicRawInstant, sent: MonotonicRawInstant,
        _ buffer: UnsafeMutableRawBufferPointer
    ) -> Bool {
        write(
            ClockDatagram(
                .reply, path: path, number: probe.number, received: received.nanoseconds, sent: sent.nanoseconds),
            to: buffer)
    }

    private func write(_ datagram: ClockDatagram, to buffer: UnsafeMutableRawBufferPointer) -> Bool {
        datagram.write(to: buffer)
        return outgoing.seal(
            UnsafeRawBufferPointer(rebasing: buffer[..<ClockDatagram.sealed]),
            tag: UnsafeMutableRawBufferPointer(rebasing: buffer[ClockDatagram.sealed..<ClockDatagram.length]))
    }
}
