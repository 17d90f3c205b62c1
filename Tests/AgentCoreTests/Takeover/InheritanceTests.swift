import NIOCore
import Testing
import TraceProtocol

@testable import AgentCore

@Suite("What became of the events that dead agents had read") struct InheritanceTests {
    private static func batch(_ sequence: UInt64, cpu: UInt32, events: UInt32) -> Frame {
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: 1, sequence: sequence), cpu: cpu, firstTimestamp: 1, lost: 0, events: events,
            codec: .none, rawLength: 0
        ).write(into: &body)
        return Frame(.batch, body)
    }

    private static func point(
        _ acknowledged: UInt64, _ received: [(cpu: UInt32, events: UInt64, lost: UInt64)] = []
    ) -> WireResumePoint {
        .with {
            $0.acknowledged = acknowledged
            $0.received = received.map { cpu, events, lost in
                .with {
                    $0.cpu = cpu
                    $0.events = events
                    $0.lost = lost
                    $0.through = 500
                }
            }
        }
    }

    private static func inherit(
        _ read: [UInt32: UInt64], _ point: WireResumePoint, _ undelivered: UndeliveredFrames = .none
    ) -> Inheritance {
        Inheritance(
            read.mapValues { DeadRead(events: $0, before: 900) }, Resumption(point, undelivered), reason: "it died")
    }

    @Test("Everything that was read has come: nothing is lost")
    func nothing() {
        let inheritance = Self.inherit([0: 10, 1: 0], Self.point(4, [(0, 10, 0)]))
        #expect(inheritance.loss.cpus.isEmpty)
        #expect(inheritance.cpus == [0: .init(sent: 10, lostAtAgent: 0), 1: .init(sent: 0, lostAtAgent: 0)])
    }

    @Test("What was read and has not come is lost, between what has come and the death")
    func lost() {
        let loss = Self.inherit([0: 10, 1: 7], Self.point(4, [(0, 8, 0)])).loss
        #expect(loss.reason == "it died")
        #expect(loss.cpus.map(\.cpu) == [0, 1] && loss.cpus.map(\.events) == [2, 7])
        #expect(loss.cpus.map(\.from) == [500, 0] && loss.cpus.map(\.to) == [900, 900])
    }

    @Test("Frames that are left are not lost, and are counted as sent")
    func undelivered() {
        let left = UndeliveredFrames([Self.batch(4, cpu: 0, events: 3), Self.batch(5, cpu: 1, events: 2)])
        // Frame 4 has come after all.
        let inheritance = Self.inherit([0: 8, 1: 2], Self.point(4, [(0, 8, 0)]), left.remaining(after: 4))
        #expect(inheritance.loss.cpus.isEmpty && inheritance.cpus[1] == .init(sent: 2, lostAtAgent: 0))
    }

    @Test("What an earlier successor has stated is not stated again")
    func second() {
        let inheritance = Self.inherit([0: 20], Self.point(9, [(0, 12, 3)]))
        #expect(inheritance.loss.cpus.map(\.events) == [5])
        #expect(inheritance.cpus == [0: .init(sent: 12, lostAtAgent: 8)])
        var totals = WireCPUTotals.with { $0.sent = 100 }
        inheritance.add(to: &totals)
        #expect(totals.sent == 112 && totals.lostAtAgent == 8)
        var others = WireCPUTotals.with { $0.cpu = 5 }
        inheritance.add(to: &others)
        #expect(others.sent == 0 && others.lostAtAgent == 0)
    }

    @Test("A controller that claims more than was read makes no loss")
    func lies() {
        for received in [UInt64(21), .max] {
            let inheritance = Self.inherit([0: 20], Self.point(9, [(0, received, 1)]))
            #expect(inheritance.loss.cpus.isEmpty)
        }
    }

    @Test("Frames that are left go on behind what the controller has")
    func remaining() {
        let left = UndeliveredFrames((4...8).map { Self.batch($0, cpu: 0, events: 1) })
        #expect(left.first == 4 && left.last == 8)
        for (acknowledged, first, count) in [(3, 4, 5), (4, 5, 4), (7, 8, 1), (8, 9, 0), (20, 21, 0)]
            as [(UInt64, UInt64, Int)]
        {
            let rest = left.remaining(after: acknowledged)
            #expect(rest.frames.count == count && rest.first == first)
            #expect(rest.events == (count == 0 ? [:] : [0: UInt64(count)]))
        }
        // Number 3 is missing: the controller would accept none of them, so they are lost.
        #expect(left.remaining(after: 2).frames.isEmpty)
        #expect(UndeliveredFrames.none.last == 0 && UndeliveredFrames.none.remaining(after: 3).frames.isEmpty)
    }

    @Test("Frames behind a hole, and what is no frame, do not count")
    func holes() {
        let left = UndeliveredFrames([4, 5, 7].map { Self.batch($0, cpu: 0, events: 1) })
        #expect(left.last == 5)
        #expect(UndeliveredFrames([Frame(.batch, ByteBuffer())]).frames.isEmpty)
    }

    @Test("A spool goes on where the dead agent's stream has ended")
    func spool() throws {
        var spool = Spool(budget: 1000)
        spool.goOn(
            after: 4, with: UndeliveredFrames([Self.batch(5, cpu: 0, events: 1), Self.batch(6, cpu: 0, events: 1)]))
        #expect(spool.lastSequence == 6 && spool.sentSequence == 4 && spool.bytes == 90)
        // The controller may acknowledge what it had already.
        #expect(try spool.acknowledge(4) == 0)
        #expect(throws: ProtocolError.self) { try spool.acknowledge(5) }
        #expect(spool.next()?.body.readableBytes == 45)
        #expect(try spool.acknowledge(5) == 45)
        #expect(spool.unacknowledged.count == 1)
    }

    @Test("Five agents that die at once are enough; two of them cost no pause, the second pause is twice the first")
    func crashLoop() {
        let actions = (0...6).map { CrashLoop.action(after: $0) }
        #expect(actions[0...2].allSatisfy { $0 == .goOn(after: .zero) })
        #expect(actions[3] == .goOn(after: .seconds(1)) && actions[4] == .goOn(after: .seconds(2)))
        #expect(actions[5] == .giveUp && actions[6] == .giveUp)
    }
}
