import NIOCore
import Testing

@testable import SecureTransport

@Suite struct HandshakeGateTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private let attacker = NetworkAddress(v4: 0x0a00_0001)
    private let neighbour = NetworkAddress(v4: 0x0a00_0002)
    private let other = NetworkAddress(v4: 0x0b00_0001)

    private func limits(_ places: Int, underWay: Int = 4) -> HandshakeLimits {
        var limits = HandshakeLimits()
        limits.places = places
        limits.underWay = underWay
        return limits
    }

    /// Lets a connection arrive, greet and complete its handshake.
    private func complete(_ gate: inout HandshakeGate, _ id: UInt64, from address: NetworkAddress) {
        _ = gate.arrive(id, from: address, now: start)
        _ = gate.greet(id, now: start)
        _ = gate.leave(id, isAuthenticated: true, now: start)
    }

    @Test func anAddressTakesItsOwnOldestSilentPlaces() {
        var gate = HandshakeGate(limits(8))
        var dropped: [HandshakeGate.Action] = []
        for id in 0..<10 as Range<UInt64> {
            dropped += gate.arrive(id, from: attacker, now: start + .milliseconds(Int64(id)))
        }
        #expect(dropped == (0..<6).map { .drop($0, .silent) })
        #expect(gate.count == 4)
        let others = gate.arrive(100, from: other, now: start)
        #expect(others.isEmpty)
    }

    @Test func aNetworkHasItsOwnLimit() {
        var gate = HandshakeGate(limits(8))
        for id in 0..<4 as Range<UInt64> { _ = gate.arrive(id, from: attacker, now: start) }
        for id in 4..<6 as Range<UInt64> { _ = gate.arrive(id, from: neighbour, now: start) }
        let seventh = gate.arrive(6, from: NetworkAddress(v4: 0x0a00_0003), now: start)
        #expect(seventh == [.drop(0, .silent)])
        let stranger = gate.arrive(7, from: other, now: start)
        #expect(stranger.isEmpty)
    }

    @Test func whoGreetsDoesNotWaitForSilentOnesOfTheSameAddress() {
        var gate = HandshakeGate(limits(8))
        for id in 0..<100 as Range<UInt64> { _ = gate.arrive(id, from: attacker, now: start) }
        let arrived = gate.arrive(100, from: attacker, now: start + .seconds(1))
        #expect(arrived.count == 1)
        let greeted = gate.greet(100, now: start + .seconds(1))
        #expect(greeted == [.start(100)])
    }

    @Test func silentForLongLosesFirst() {
        var gate = HandshakeGate(limits(4))
        _ = gate.arrive(1, from: other, now: start)
        _ = gate.arrive(2, from: attacker, now: start + .seconds(1))
        _ = gate.arrive(3, from: attacker, now: start + .seconds(1))
        _ = gate.arrive(4, from: NetworkAddress(v4: 0x0c00_0001), now: start + .seconds(1))
        // Its network is less crowded, but it has been silent for 2 s.
        let fifth = gate.arrive(5, from: NetworkAddress(v4: 0x0d00_0001), now: start + .seconds(2))
        #expect(fifth == [.drop(1, .silent)])
        let sixth = gate.arrive(6, from: NetworkAddress(v4: 0x0e00_0001), now: start + .milliseconds(2_100))
        #expect(sixth == [.drop(2, .silent)])
    }

    @Test func knownAddressesKeepTheirShare() {
        var gate = HandshakeGate(limits(8))
        complete(&gate, 1000, from: other)
        _ = gate.arrive(1, from: other, now: start)
        _ = gate.arrive(2, from: other, now: start)
        for id in 10..<60 as Range<UInt64> {
            // Each from a network of its own.
            let address = NetworkAddress(v4: 0x1000_0001 + UInt32(id) << 8)
            let actions = gate.arrive(id, from: address, now: start + .seconds(3))
            #expect(!actions.contains(.drop(1, .silent)) && !actions.contains(.drop(2, .silent)))
        }
        #expect(gate.count == 8)
    }

    @Test func stalledHandshakesOfACrowdedAddressGiveWay() {
        var gate = HandshakeGate(limits(64, underWay: 6))
        _ = gate.arrive(100, from: other, now: start)
        let first = gate.greet(100, now: start)
        #expect(first == [.start(100)])
        var actions: [HandshakeGate.Action] = []
        for id in 0..<6 as Range<UInt64> {
            let now = start + .milliseconds(1 + Int64(id))
            actions += gate.arrive(id, from: attacker, now: now) + gate.greet(id, now: now)
        }
        #expect(gate.countUnderWay == 4)
        #expect(gate.count == 4)
        #expect(
            actions.compactMap { action -> UInt64? in if case .drop(let id, .underWay) = action { id } else { nil } }
                == [0, 1, 2])
        #expect(
            actions.compactMap { action -> UInt64? in if case .start(let id) = action { id } else { nil } }
                == Array(0..<6))
    }

    @Test func processorTimeIsABudget() {
        var gate = HandshakeGate(limits(64, underWay: 16))
        for id in 0..<3 as Range<UInt64> { _ = gate.arrive(id, from: attacker, now: start) }
        _ = gate.greet(0, now: start)
        _ = gate.spend(.milliseconds(300), now: start)
        let second = gate.greet(1, now: start)
        let third = gate.greet(2, now: start + .milliseconds(1))
        #expect(second.isEmpty && third.isEmpty)
        // 100 ms too much were used, and a quarter of the time may be.
        let next = gate.nextStart(now: start)
        #expect(next.map { $0 > start + .milliseconds(390) && $0 < start + .milliseconds(410) } == true)
        let early = gate.proceed(now: start + .milliseconds(390))
        #expect(early.isEmpty)
        // The newest of an address is the first.
        let later = gate.proceed(now: start + .milliseconds(410))
        #expect(later == [.start(2)])
        let last = gate.proceed(now: start + .milliseconds(410))
        #expect(last == [.start(1)])
        #expect(gate.nextStart(now: start) == nil)
    }

    @Test func theLeastCrowdedIsNext() {
        var gate = HandshakeGate(limits(64, underWay: 16))
        for id in 0..<5 as Range<UInt64> { _ = gate.arrive(id, from: attacker, now: start) }
        _ = gate.arrive(9, from: other, now: start)
        _ = gate.greet(0, now: start)
        _ = gate.spend(.seconds(1), now: start)
        _ = gate.greet(9, now: start)
        for id in 1..<5 as Range<UInt64> { _ = gate.greet(id, now: start + .milliseconds(1)) }
        let next = gate.proceed(now: start + .seconds(60))
        #expect(next == [.start(9)])
    }

    @Test func filesRunOut() {
        var gate = HandshakeGate(limits(64))
        for id in 0..<5 as Range<UInt64> { _ = gate.arrive(id, from: attacker, now: start + .milliseconds(Int64(id))) }
        _ = gate.greet(0, now: start + .milliseconds(10))
        let dropped = gate.dropSilent(2)
        #expect(dropped == [.drop(1, .silent), .drop(2, .silent)])
        #expect(gate.count == 3)
        _ = gate.leave(1, isAuthenticated: false, now: start)
        #expect(gate.count == 3)
    }
}

@Suite struct NetworkAddressTests {
    @Test func networksAndMappedAddresses() throws {
        let v4 = NetworkAddress(try SocketAddress(ipAddress: "10.1.2.3", port: 1))
        #expect(v4.description == "10.1.2.3")
        #expect(v4.network.description == "10.1.2.0/24")
        #expect(NetworkAddress(try SocketAddress(ipAddress: "::ffff:10.1.2.3", port: 2)) == v4)
        let v6 = NetworkAddress(try SocketAddress(ipAddress: "2001:db8:1:2:3::4", port: 1))
        #expect(v6.description == "2001:db8:1:2:3:0:0:4")
        #expect(v6.network.description == "2001:db8:1:2::/64")
        #expect(v6.network == NetworkAddress(try SocketAddress(ipAddress: "2001:db8:1:2:9::", port: 1)).network)
    }
}

@Suite struct ClientHelloTests {
    private func record(_ payload: [UInt8], type: UInt8 = 22) -> [UInt8] {
        [type, 3, 1, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
    }

    @Test func isDecidedWithItsLastByte() {
        let hello: [UInt8] = [1, 0, 0, 100] + [UInt8](repeating: 7, count: 100)
        let whole = record(hello)
        for count in 0..<whole.count {
            #expect(!ClientHello.isDecided(ByteBuffer(bytes: whole.prefix(count))), "\(count)")
        }
        #expect(ClientHello.isDecided(ByteBuffer(bytes: whole)))
        let parts = record(Array(hello.prefix(50))) + record(Array(hello.dropFirst(50)))
        #expect(!ClientHello.isDecided(ByteBuffer(bytes: parts.dropLast())))
        #expect(ClientHello.isDecided(ByteBuffer(bytes: parts)))
    }

    @Test func whatIsNoneIsForTLSToRefuse() {
        #expect(ClientHello.isDecided(ByteBuffer(string: "GET /")))
        #expect(ClientHello.isDecided(ByteBuffer(bytes: record([2, 0, 0, 100]))))
        #expect(ClientHello.isDecided(ByteBuffer(bytes: record([1, 255, 255, 255]))))
        #expect(ClientHello.isDecided(ByteBuffer(bytes: [22, 3, 1, 255, 255])))
    }
}

@Suite struct KnownAddressesTests {
    @Test func forgetsTheOldest() {
        var known = KnownAddresses()
        let start = NIODeadline.uptimeNanoseconds(1)
        for index in 0..<UInt32(KnownAddresses.limit + 1) {
            known.insert(NetworkAddress(v4: index), now: start + .seconds(Int64(index)))
        }
        #expect(!known.contains(NetworkAddress(v4: 0)))
        #expect(known.contains(NetworkAddress(v4: UInt32(KnownAddresses.limit))))
        #expect(known.contains(NetworkAddress(v4: UInt32(KnownAddresses.limit - 1))))
    }
}
