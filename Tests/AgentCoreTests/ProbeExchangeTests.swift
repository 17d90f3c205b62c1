import Quotas
import SecureTransport
import SystemFacts
import Testing
import TraceProtocol

@testable import AgentCore

/// What an agent does with datagrams of clock probes.
@Suite struct ProbeExchangeTests {
    private let keys: DatagramKeys
    private let start = MonotonicRawInstant(nanoseconds: 1_000_000_000)

    init() throws {
        keys = try #require(DatagramKeys(secret: (0..<72).map { UInt8($0) }))
    }

    private func exchange(rate: Rate = Rate(perSecond: 10, burst: 4)) throws -> ProbeExchange {
        ProbeExchange(
            path: keys.path, incoming: try #require(keys.fromServer), outgoing: try #require(keys.fromClient),
            rate: rate, now: start)
    }

    /// A datagram as somebody with a seal sends it.
    private func datagram(_ datagram: ClockDatagram, by seal: DatagramSeal?) throws -> [UInt8] {
        let seal = try #require(seal)
        var bytes = [UInt8](repeating: 0, count: ClockDatagram.length)
        let isSealed = bytes.withUnsafeMutableBytes { buffer in
            datagram.write(to: buffer)
            return seal.seal(
                UnsafeRawBufferPointer(rebasing: buffer[..<ClockDatagram.sealed]),
                tag: UnsafeMutableRawBufferPointer(rebasing: buffer[ClockDatagram.sealed...]))
        }
        #expect(isSealed)
        return bytes
    }

    @Test func aProbeIsRepliedToWithAsManyBytes() throws {
        var exchange = try exchange()
        let bytes = try datagram(ClockDatagram(.probe, path: keys.path, number: 7), by: keys.fromServer)
        let accepted = bytes.withUnsafeBytes { exchange.accept($0, at: start) }
        let probe = try #require(accepted)
        var reply = [UInt8](repeating: 0xFF, count: ClockDatagram.length)
        let isWritten = reply.withUnsafeMutableBytes {
            exchange.writeReply(to: probe, received: start, sent: start.advanced(by: .nanoseconds(5)), $0)
        }
        #expect(isWritten && reply.count == bytes.count)
        let read = try #require(reply.withUnsafeBytes { ClockDatagram($0) })
        #expect(
            read == ClockDatagram(.reply, path: keys.path, number: 7, received: 1_000_000_000, sent: 1_000_000_005))
        let tag = Array(reply[ClockDatagram.sealed...])
        #expect(
            reply[..<ClockDatagram.sealed].withUnsafeBytes { bytes in
                tag.withUnsafeBytes { keys.fromClient?.verifies(bytes, tag: $0) } == true
            })
    }

    @Test func onlyAProbeOfItsControllerAndPathIsAccepted() throws {
        var exchange = try exchange()
        let wrong = [
            try datagram(ClockDatagram(.probe, path: keys.path, number: 1), by: keys.fromClient),  // reflected
            try datagram(ClockDatagram(.probe, path: keys.path ^ 1, number: 1), by: keys.fromServer),
            try datagram(ClockDatagram(.reply, path: keys.path, number: 1), by: keys.fromServer),
            try datagram(ClockDatagram(.open, path: keys.path, number: 1), by: keys.fromServer),
            [UInt8](repeating: 0, count: ClockDatagram.length),
            [],
        ]
        for bytes in wrong {
            let accepted = bytes.withUnsafeBytes { exchange.accept($0, at: start) }
            #expect(accepted == nil)
        }
    }

    /// Whoever sends a recorded probe again does not make it send without end.
    @Test func repliesAreBounded() throws {
        var exchange = try exchange()
        let bytes = try datagram(ClockDatagram(.probe, path: keys.path, number: 7), by: keys.fromServer)
        let replies = (0..<100).count { _ in bytes.withUnsafeBytes { exchange.accept($0, at: start) } != nil }
        #expect(replies == 4)
        let later = bytes.withUnsafeBytes { exchange.accept($0, at: start.advanced(by: .seconds(1))) }
        #expect(later != nil)
    }

    @Test func itOpensAtOnceAndAgainWhileItHearsNothing() throws {
        var opening = PathOpening(now: start)
        let (first, second) = (opening.next(now: start), opening.next(now: start))
        #expect(first == 1 && second == nil)
        var now = start
        var times: [Int64] = []
        for _ in 0..<8 {
            now = now.advanced(by: opening.wait(now: now))
            let number = opening.next(now: now)
            #expect(number != nil)
            times.append(start.duration(to: now).wholeMilliseconds)
        }
        #expect(times == [250, 750, 1750, 3750, 7750, 15750, 30750, 45750])
        opening.heard(at: now)
        #expect(opening.wait(now: now) == PathOpening.silence)
        let (early, due) = (
            opening.next(now: now.advanced(by: .seconds(2))), opening.next(now: now.advanced(by: .seconds(3)))
        )
        #expect(early == nil)
        #expect(due == 10, "its number grows, so that it is no replay")
    }
}
