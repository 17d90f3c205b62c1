import Datagrams
import Quotas
import SecureTransport
import SystemFacts
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

/// What the controller does with datagrams, and which it sends: without sockets or time.
@Suite final class ProbePathsTests {
    private let keys: DatagramKeys
    private let home = DatagramEndpoint(loopbackPort: 1000)
    private let elsewhere = DatagramEndpoint(loopbackPort: 2000)
    private var paths = ProbePaths(opens: Budget.Node().pathOpens)
    private var now = MonotonicRawInstant(nanoseconds: 1_000_000_000)
    /// What was sent, and where to.
    private var sent: [(datagram: ClockDatagram, endpoint: DatagramEndpoint, at: MonotonicRawInstant)] = []

    init() throws {
        keys = try #require(DatagramKeys(secret: (0..<72).map { UInt8($0) }))
        paths.add(keys, now: now)
    }

    /// Lets time pass in steps of a millisecond, in which nothing comes.
    private func advance(_ duration: Duration) {
        let end = now.advanced(by: duration)
        withUnsafeTemporaryAllocation(byteCount: ClockDatagram.length, alignment: 8) { buffer in
            while now < end {
                now = now.advanced(by: .milliseconds(1))
                paths.sendDue(now: now, buffer) { bytes, endpoint in
                    if let datagram = ClockDatagram(bytes) { sent.append((datagram, endpoint, now)) }
                    return now
                }
            }
        }
    }

    /// A datagram of the node.
    @discardableResult
    private func receive(
        _ datagram: ClockDatagram, from endpoint: DatagramEndpoint? = nil, by seal: DatagramSeal? = nil
    ) throws -> DatagramSample? {
        let seal = try #require(seal ?? keys.fromClient)
        var bytes = [UInt8](repeating: 0, count: ClockDatagram.length)
        _ = bytes.withUnsafeMutableBytes { buffer in
            datagram.write(to: buffer)
            return seal.seal(
                UnsafeRawBufferPointer(rebasing: buffer[..<ClockDatagram.sealed]),
                tag: UnsafeMutableRawBufferPointer(rebasing: buffer[ClockDatagram.sealed...]))
        }
        return bytes.withUnsafeBytes { paths.receive($0, from: endpoint ?? home, at: now) }
    }

    private func open(_ number: UInt64 = 1, from endpoint: DatagramEndpoint? = nil) throws {
        try receive(ClockDatagram(.open, path: keys.path, number: number), from: endpoint)
    }

    private func reply(_ number: UInt64, from endpoint: DatagramEndpoint? = nil) throws -> DatagramSample? {
        try receive(ClockDatagram(.reply, path: keys.path, number: number, received: 5, sent: 6), from: endpoint)
    }

    @Test func nothingIsSentBeforeTheNodeHasOpened() {
        advance(.seconds(5))
        #expect(sent.isEmpty)
    }

    @Test func anOpenBringsOneDatagramUntilItsAddressHasReplied() throws {
        try open()
        advance(.seconds(10))
        #expect(sent.count == 1 && sent[0].endpoint == home && sent[0].datagram.kind == .probe)
        // The same datagram again is an old one.
        try open(from: elsewhere)
        advance(.seconds(10))
        #expect(sent.count == 1)
    }

    @Test func aReplyIsASampleOnceAndBeginsABurst() throws {
        try open()
        advance(.milliseconds(2))
        let first = try #require(sent.first)
        let sample = try #require(try reply(first.datagram.number))
        #expect(sample.path == keys.path)
        #expect(
            sample.sample == ClockSampleFrame(t1: first.at.nanoseconds, t2: 5, t3: 6, t4: now.nanoseconds))
        #expect(try reply(first.datagram.number) == nil, "a second one is a replay")
        #expect(try reply(1 << 40) == nil)
        advance(.milliseconds(200))
        #expect(sent.count == 1 + ProbePath.burst + ProbePace.idle.train)
        paths.keep(ProbePace(interval: .milliseconds(25)), of: keys.path, at: now)
        let before = sent.count
        advance(.seconds(1))
        #expect((38...41).contains(sent.count - before))
    }

    @Test func probesOfATrainFollowEachOtherAtOnce() throws {
        try open()
        advance(.milliseconds(2))
        _ = try reply(try #require(sent.first).datagram.number)
        paths.keep(ProbePace(interval: .milliseconds(40), train: 3), of: keys.path, at: now)
        advance(.milliseconds(200))
        let before = sent.count
        advance(.seconds(1))
        let trains = Dictionary(grouping: sent.dropFirst(before)) { $0.at.nanoseconds }
        #expect((23...26).contains(trains.count))
        #expect(trains.values.allSatisfy { $0.count == 3 && Set($0.map(\.datagram.number)).count == 3 })
    }

    @Test func aPathWithoutRepliesIsGivenUpUntilItIsOpenedAgain() throws {
        try open()
        advance(.milliseconds(2))
        _ = try reply(try #require(sent.first).datagram.number)
        paths.keep(ProbePace(interval: .milliseconds(25)), of: keys.path, at: now)
        advance(.seconds(3))
        let count = sent.count
        advance(.seconds(60))
        #expect(sent.count <= count + 2)
        try open(2)
        advance(.milliseconds(5))
        let again = try #require(sent.last)
        #expect(again.at.duration(to: now) < .milliseconds(10))
        #expect(try reply(again.datagram.number) != nil)
        let opened = sent.count
        advance(.seconds(1))
        #expect(sent.count > opened + 40)
    }

    /// A router that has forgotten gives the node another address. An attacker on the way could claim one too: it gets one
    /// datagram, and the next open of the node takes the path back.
    @Test func anotherAddressHasToReplyToo() throws {
        try open()
        advance(.milliseconds(2))
        _ = try reply(try #require(sent.first).datagram.number)
        advance(.milliseconds(200))
        let count = sent.count
        try open(2, from: elsewhere)
        advance(.seconds(5))
        #expect(sent.dropFirst(count).count == 1 && sent.last?.endpoint == elsewhere)
        // From where the open did not come: a sample, but no proof.
        _ = try reply(try #require(sent.last).datagram.number, from: home)
        advance(.seconds(5))
        #expect(sent.count == count + 1)
        try open(3, from: elsewhere)
        advance(.milliseconds(5))
        _ = try reply(try #require(sent.last).datagram.number, from: elsewhere)
        advance(.milliseconds(100))
        #expect(sent.count > count + 10 && sent.last?.endpoint == elsewhere)
    }

    @Test func whatTheNodeHasNotSealedIsIgnored() throws {
        let open = ClockDatagram(.open, path: keys.path, number: 1)
        try receive(open, by: keys.fromServer)  // a reflection
        try receive(open, by: DatagramKeys(secret: [UInt8](repeating: 1, count: 72))?.fromClient)
        try receive(ClockDatagram(.open, path: keys.path ^ 1, number: 1))
        try receive(ClockDatagram(.probe, path: keys.path, number: 1))
        advance(.seconds(1))
        #expect(sent.isEmpty)
    }

    /// A node that opens without end gets a few datagrams a second.
    @Test func opensAreBounded() throws {
        for number in 1...10_000 as ClosedRange<UInt64> {
            try open(number, from: number.isMultiple(of: 2) ? home : elsewhere)
            advance(.milliseconds(1))
        }
        #expect(sent.count <= 8 + 2 * 11)
    }

    @Test func aPathThatIsRemovedIsNoMore() throws {
        try open()
        paths.remove(keys.path)
        advance(.seconds(1))
        #expect(sent.isEmpty && paths.wait(now: now) == nil)
    }
}
