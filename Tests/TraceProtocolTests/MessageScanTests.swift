import NIOCore
import Testing

@testable import TraceProtocol

@Suite struct MessageScanTests {
    private func parts(_ frame: Frame, limit: Int = .max) -> Int {
        frame.body.withUnsafeReadableBytes { MessageScan.parts(of: $0, limit: limit) }
    }

    @Test func numbersAreFoundWithoutDecoding() throws {
        var reply = WireCommandReply()
        reply.request = 300
        reply.session = 0x1234_5678_9abc_def0
        reply.outcome = .refusal(WireRefusal(.io, "no"))
        let frame = try Frame(.commandReply, reply)
        #expect(try frame.messageNumber(1) == 300)
        #expect(try frame.messageNumber(2) == 0x1234_5678_9abc_def0)
        #expect(try frame.messageNumber(99) == 0)
        #expect(frame.hasMessageField(7) && !frame.hasMessageField(12))
    }

    @Test func garbageIsMalformed() {
        for bytes: [UInt8] in [[0xff], [0x0b], [0x00], [0x12, 0x05, 1], [0x08, 0xff, 0xff]] {
            #expect(throws: ProtocolError.self) { try Frame(.commandReply, ByteBuffer(bytes: bytes)).messageNumber(7) }
        }
    }

    @Test func partsAreCountedInsideOfEachOther() throws {
        var prepared = WirePrepared()
        for _ in 0..<10 {
            prepared.events.append(
                .with {
                    $0.system = "sched"
                    $0.name = "sched_switch"
                })
        }
        let reply = WireCommandReply.with { $0.outcome = .prepared(prepared) }
        // The outcome, ten events and two texts in each.
        #expect(parts(try Frame(.commandReply, reply)) == 31)
    }

    @Test func countingEndsAtTheLimit() {
        let rows = ByteBuffer(repeating: [0x2a, 0x00], count: 1 << 20)
        let counted = parts(Frame(.counts, rows), limit: 1000)
        #expect(counted > 1000 && counted < 1100)
    }

    @Test func aDecodedMessageIsBounded() throws {
        var bytes: [UInt8] = [0x1a, 0x80, 0x80, 0x20]
        for _ in 0..<(1 << 18) { bytes += [0x0a, 0x00] }
        let frame = Frame(.commandReply, ByteBuffer(bytes: bytes))
        #expect(throws: ProtocolError.self) { try frame.message(WireCommandReply.self) }
    }

    @Test func ordinaryTextsAreNoMessages() throws {
        let text = String(repeating: "sched:sched_switch prev_comm=%s\n", count: 20_000)
        let metadata = WireNodeMetadata.with { $0.headerPage = text }
        #expect(parts(try Frame(.metadata, metadata)) == 1)
    }
}

extension ByteBuffer {
    fileprivate init(repeating bytes: [UInt8], count: Int) {
        self.init()
        for _ in 0..<count { writeBytes(bytes) }
    }
}
