import NIOCore
import Testing

@testable import TraceProtocol

@Suite struct StreamTests {
    @Test func binaryFramesReadBackAsWritten() throws {
        let header = BatchHeader(
            number: StreamNumber(session: 0xDEAD_BEEF_0102_0304, sequence: 7), cpu: 3, firstTimestamp: 1 << 60,
            lost: BatchHeader.unknownLoss, events: 99, codec: .zstd, rawLength: 4096)
        var body = ByteBuffer()
        header.write(into: &body)
        #expect(body.readableBytes == BatchHeader.length)
        body.writeString("pages")
        let batch = try Batch(Frame(.batch, body))
        #expect(batch.header == header)
        #expect(batch.payload == ByteBuffer(string: "pages"))

        let mark = Watermark(session: 5, entries: (0..<64).map { .init(cpu: $0, time: UInt64($0) * 1000) })
        #expect(try Watermark(mark.frame()) == mark)
        let probe = ClockProbeFrame(id: 4, sent: -3)
        #expect(try ClockProbeFrame(probe.frame()) == probe)
        let reply = ClockReplyFrame(id: 4, probeSent: -3, received: .max, sent: .min)
        #expect(try ClockReplyFrame(reply.frame()) == reply)
        let sample = ClockSampleFrame(t1: 1, t2: 2, t3: 3, t4: 4)
        #expect(try ClockSampleFrame(sample.frame()) == sample)
        let chunk = LogChunk(session: 9, node: 2, records: ByteBuffer(string: "abc"))
        #expect(try LogChunk(chunk.frame()) == chunk)
        #expect(try CreditGrant(CreditGrant(bytes: 77).frame()) == CreditGrant(bytes: 77))
        let number = StreamNumber(session: 1, sequence: 2)
        #expect(try Acknowledgement(Acknowledgement(number).frame()).number == number)
    }

    @Test func batchesThatStateTooMuchAreRefused() {
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: 1, sequence: 1), cpu: 0, firstTimestamp: 0, lost: 0, events: 0,
            codec: .none, rawLength: UInt32(Batch.maximumRaw) + 1
        ).write(into: &body)
        #expect(throws: ProtocolError.self) { try Batch(Frame(.batch, body)) }
        var zero = ByteBuffer()
        StreamNumber(session: 1, sequence: 0).write(into: &zero)
        #expect(throws: ProtocolError.self) { try StreamNumber(reading: &zero, of: .batch) }
    }

    @Test func sequenceNumbersAreReceivedInOrderOnce() throws {
        var tracker = SequenceTracker(last: 4)
        #expect(try tracker.receive(5) == .next)
        #expect(try tracker.receive(5) == .duplicate)
        #expect(try tracker.receive(2) == .duplicate)
        #expect(throws: ProtocolError.sequenceGap(expected: 6, got: 7)) { try tracker.receive(7) }
        #expect(try tracker.receive(6) == .next)
    }

    @Test("Behind a rewind, what was sent before is early until the awaited number comes")
    func rewinding() throws {
        var tracker = SequenceTracker(last: 9)
        tracker.rewind(to: 5)
        #expect(try tracker.receive(10) == .early)
        #expect(try tracker.receive(5) == .duplicate)
        #expect(try tracker.receive(6) == .next)
        #expect(throws: ProtocolError.sequenceGap(expected: 7, got: 10)) { try tracker.receive(10) }
    }

    @Test func aRewindNamesItsStream() throws {
        for sequence in [0, 7, Rewind.hold] {
            let rewind = Rewind(StreamNumber(session: 3, sequence: sequence))
            #expect(try Rewind(rewind.frame()) == rewind)
        }
        #expect(throws: ProtocolError.self) { try Rewind(Frame(.rewind, ByteBuffer(repeating: 0, count: 15))) }
    }

    @Test func creditMayBeOverdrawnByOneFrameOnly() throws {
        var credit = Credit(balance: 100)
        try credit.spend(150)
        #expect(credit.balance == -50)
        #expect(!credit.allowsFrame)
        #expect(throws: ProtocolError.self) { try credit.spend(1) }
        credit.grant(51)
        #expect(credit.allowsFrame)
        credit.grant(.max)
        #expect(credit.balance == Credit.maximum)
    }

    @Test func versionsAndCapabilitiesAreAgreed() throws {
        #expect(try Negotiation.commonVersion(ours: [1, 2, 3], theirs: [2, 3, 9]) == 3)
        #expect(throws: ProtocolError.noCommonVersion(ours: [1], theirs: [7, 8])) {
            try Negotiation.commonVersion(ours: [1], theirs: [7, 8])
        }
        let text = ProtocolError.noCommonVersion(ours: [1], theirs: [7, 8]).description
        #expect(text.contains("speaks 1") && text.contains("speaks 7, 8"))
        #expect(Negotiation.commonCapabilities(theirs: ["codec.future", "codec.zstd"]) == ["codec.zstd"])
        #expect(Negotiation.codec([]) == .deflate)
    }
}
