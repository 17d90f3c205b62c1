import NIOCore
import TestSupport
import Testing
import TraceProtocol

@testable import AgentCore

@Suite struct SpoolTests {
    static func frame(_ size: Int) -> Frame {
        Frame(.batch, ByteBuffer(repeating: 7, count: size))
    }

    @Test func framesStayUntilAcknowledged() throws {
        var spool = Spool(budget: 100)
        for size in [40, 50, 60] { spool.append(Self.frame(size)) }
        #expect(spool.lastSequence == 3)
        #expect(!spool.hasRoom)
        #expect(spool.next()?.body.readableBytes == 40)
        #expect(spool.next()?.body.readableBytes == 50)
        #expect(spool.sentSequence == 2)
        #expect(try spool.acknowledge(2) == 90)
        #expect(spool.hasRoom)
        #expect(spool.next()?.body.readableBytes == 60)
        #expect(spool.next() == nil)
        #expect(try spool.acknowledge(3) == 60)
        #expect(spool.isAcknowledged)
        #expect(spool.lastSequence == 3)
    }

    @Test func whatWasNeverSentCannotBeAcknowledged() throws {
        var spool = Spool(budget: 100)
        spool.append(Self.frame(1))
        #expect(throws: ProtocolError.self) { try spool.acknowledge(1) }
        _ = spool.next()
        #expect(throws: ProtocolError.self) { try spool.acknowledge(2) }
        #expect(try spool.acknowledge(1) == 1)
        #expect(try spool.acknowledge(1) == 0)
    }

    @Test func aReconnectSendsAgainFromWhereTheControllerSays() throws {
        var spool = Spool(budget: 1000)
        for size in 1...5 { spool.append(Self.frame(size)) }
        for _ in 1...4 { _ = spool.next() }
        try spool.acknowledge(1)
        try spool.resume(after: 2)
        #expect(spool.next()?.body.readableBytes == 3)
        #expect(spool.bytes == 3 + 4 + 5)
        // It claims what was never made, or lost what it had acknowledged.
        #expect(throws: ProtocolError.self) { try spool.resume(after: 6) }
        #expect(throws: ProtocolError.self) { try spool.resume(after: 1) }
        #expect(throws: ProtocolError.self) { try spool.resume(after: .max) }
        // A frame that went out on the lost connection may have arrived although it was not acknowledged.
        #expect(throws: ProtocolError.self) { try spool.resume(after: 5) }
        try spool.resume(after: 4)
        #expect(spool.lastSequence == 5 && spool.bytes == 5)
    }

    @Test("A stream that is held sends nothing, and then everything again from where it is told")
    func held() throws {
        var spool = Spool(budget: 1000)
        for size in 1...5 { spool.append(Self.frame(size)) }
        for _ in 1...4 { _ = spool.next() }
        try spool.acknowledge(1)
        spool.hold()
        #expect(spool.next() == nil)
        spool.append(Self.frame(6))
        #expect(spool.next() == nil && spool.sentSequence == 4)
        try spool.resume(after: 1)
        #expect((2...6).map { _ in spool.next()?.body.readableBytes } == [2, 3, 4, 5, 6])
    }

    /// Against a model: whatever the order of calls, the receiver gets every frame in order.
    @Test func nothingIsLostWhateverHappens() throws {
        var generator = SplitMix64(seed: 3)
        for _ in 0..<200 {
            var spool = Spool(budget: 1 << 20)
            var made: UInt64 = 0
            var received: UInt64 = 0
            var acknowledged: UInt64 = 0
            for _ in 0..<300 {
                switch generator.next() % 5 {
                case 0, 1:
                    made += 1
                    spool.append(Self.frame(Int(made)))
                case 2:
                    guard let frame = spool.next() else { continue }
                    let number = UInt64(frame.body.readableBytes)
                    #expect(number <= received + 1)
                    received = max(received, number)
                case 3:
                    acknowledged = acknowledged + (received - acknowledged) / 2
                    if acknowledged <= spool.sentSequence { try spool.acknowledge(acknowledged) }
                default:
                    // The connection is lost; the controller states what it has.
                    // It may say less than it has: what is not durable yet comes again.
                    acknowledged += (received - acknowledged) / 3
                    try spool.resume(after: acknowledged)
                }
            }
            try spool.resume(after: acknowledged)
            while let frame = spool.next() {
                let number = UInt64(frame.body.readableBytes)
                #expect(number <= received + 1)
                received = max(received, number)
            }
            #expect(received == made)
        }
    }
}
