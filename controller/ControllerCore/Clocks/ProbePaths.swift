import Datagrams
import Quotas
import SecureTransport
import SystemFacts
import TraceProtocol

/// What the controller does with the datagrams of all nodes: what it accepts, and which probes are due. No I/O; time is
/// an argument. Everything that comes is hostile until its tag is right.
struct ProbePaths {
    private var paths: [UInt64: Entry] = [:]
    /// No probe is due before this.
    private var nextDue: MonotonicRawInstant?
    private let opens: Rate

    fileprivate struct Entry {
        let incoming: DatagramSeal
        let outgoing: DatagramSeal
        var path: ProbePath
    }

    /// All paths are looked through at most this often, for what is due.
    static let scanInterval = Duration.milliseconds(2)

    init(opens: Rate) { self.opens = opens }

    mutating func add(_ keys: DatagramKeys, now: MonotonicRawInstant) {
        guard let incoming = keys.fromClient, let outgoing = keys.fromServer else { return }
        paths[keys.path] = Entry(incoming: incoming, outgoing: outgoing, path: ProbePath(opens: opens, now: now))
    }

    mutating func remove(_ path: UInt64) { paths[path] = nil }

    mutating func keep(_ pace: ProbePace, of path: UInt64, at now: MonotonicRawInstant) {
        paths[path]?.path.keep(pace, at: now)
        schedule(paths[path]?.path.dueAt)
    }

    mutating func beginBurst(_ path: UInt64, at now: MonotonicRawInstant) {
        paths[path]?.path.beginBurst(at: now)
        schedule(paths[path]?.path.dueAt)
    }

    /// How long nothing is due; nil while nothing is at all.
    func wait(now: MonotonicRawInstant) -> Duration? { nextDue.map { max(.zero, now.duration(to: $0)) } }

    /// Sends what is due.
    ///
    /// - Parameter send: returns when the datagram left, or nil if it did not.
    mutating func sendDue(
        now: MonotonicRawInstant, _ buffer: UnsafeMutableRawBufferPointer,
        _ send: (UnsafeRawBufferPointer, DatagramEndpoint) -> MonotonicRawInstant?
    ) {
        guard let next = nextDue, now >= next else { return }
        nextDue = nil
        // By index: a loop over keys or entries would hold a copy, and every change would copy them all.
        var index = paths.startIndex
        while index != paths.endIndex {
            paths.values[index].sendDue(path: paths.keys[index], now: now, buffer, send)
            schedule(paths.values[index].path.dueAt.map { max($0, now.advanced(by: Self.scanInterval)) })
            paths.formIndex(after: &index)
        }
    }

    /// A datagram that has come.
    ///
    /// - Returns: the clock sample in it, if it is the first reply to a probe.
    mutating func receive(
        _ bytes: UnsafeRawBufferPointer, from endpoint: DatagramEndpoint, at now: MonotonicRawInstant
    ) -> DatagramSample? {
        guard let datagram = ClockDatagram(bytes), datagram.kind != .probe,
            let index = paths.index(forKey: datagram.path), paths.values[index].hasSealed(bytes)
        else { return nil }
        defer { schedule(paths.values[index].path.dueAt) }
        guard datagram.kind == .reply else {
            paths.values[index].path.opened(number: datagram.number, from: endpoint, at: now)
            return nil
        }
        guard let sent = paths.values[index].path.replied(datagram.number, from: endpoint, at: now) else { return nil }
        return DatagramSample(
            path: datagram.path,
            sample: ClockSampleFrame(
                t1: sent.nanoseconds, t2: datagram.received, t3: datagram.sent, t4: now.nanoseconds))
    }

    private mutating func schedule(_ due: MonotonicRawInstant?) {
        guard let due else { return }
        nextDue = min(nextDue ?? due, due)
    }
}

extension ProbePaths.Entry {
    /// Sends the path's probes that are due.
    fileprivate mutating func sendDue(
        path id: UInt64, now: MonotonicRawInstant, _ buffer: UnsafeMutableRawBufferPointer,
        _ send: (UnsafeRawBufferPointer, DatagramEndpoint) -> MonotonicRawInstant?
    ) {
        while let probe = path.next(now: now) {
            self.send(ClockDatagram(.probe, path: id, number: probe.number), to: probe.endpoint, buffer, send)
        }
    }

    private mutating func send(
        _ probe: ClockDatagram, to endpoint: DatagramEndpoint, _ buffer: UnsafeMutableRawBufferPointer,
        _ send: (UnsafeRawBufferPointer, DatagramEndpoint) -> MonotonicRawInstant?
    ) {
        probe.write(to: buffer)
        let isSealed = outgoing.seal(
            UnsafeRawBufferPointer(rebasing: buffer[..<ClockDatagram.sealed]),
            tag: UnsafeMutableRawBufferPointer(rebasing: buffer[ClockDatagram.sealed..<ClockDatagram.length]))
        // The tag is made before the time is read, so it does not count as time on the way.
        guard isSealed, let sent = send(UnsafeRawBufferPointer(buffer), endpoint) else { return }
        path.sent(at: sent)
    }

    /// Whether the node has sent these bytes.
    fileprivate func hasSealed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        incoming.verifies(
            UnsafeRawBufferPointer(rebasing: bytes[..<ClockDatagram.sealed]),
            tag: UnsafeRawBufferPointer(rebasing: bytes[ClockDatagram.sealed...]))
    }
}

/// An answered probe of a path.
struct DatagramSample: Hashable, Sendable {
    var path: UInt64
    var sample: ClockSampleFrame
}
