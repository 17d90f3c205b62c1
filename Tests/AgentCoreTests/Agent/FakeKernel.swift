import NIOCore
import SystemFacts
import TraceProtocol
import Tracefs

@testable import AgentCore

/// A kernel that makes sessions which do only what the test says.
///
/// Unchecked: confined to the thread of its test.
final class FakeKernel: NodeKernel, @unchecked Sendable {
    /// All that were ever prepared.
    private(set) var sessions: [UInt64: FakeSession] = [:]
    /// What the next `prepare` is refused with.
    var refusal: WireRefusal?
    private(set) var staleProbeSearches = 0
    private(set) var isShutDown = false

    func prepare(_ request: WirePrepare, _ delivery: SessionDelivery) throws -> any NodeSession {
        if let refusal { throw refusal }
        let session = FakeSession(request, delivery)
        sessions[delivery.session] = session
        return session
    }

    /// Sessions that a predecessor has left in this kernel.
    private(set) var takenOver: [UInt64: String?] = [:]
    /// What the next `takeOver` fails with.
    var takeoverFailure: WireRefusal?
    /// Why the next `takeOver` ends the session.
    var takeoverEnd: String?

    func takeOver(
        _ left: JournaledSession, _ delivery: SessionDelivery, giveUp: String?
    ) throws -> any NodeSession {
        if let takeoverFailure { throw takeoverFailure }
        takenOver[delivery.session] = giveUp
        if let takeoverEnd { return EndedSession(.with { $0.reason = takeoverEnd }, delivery) }
        let session = FakeSession(left.prepared.request, delivery)
        sessions[delivery.session] = session
        return session
    }

    func excludedThreads(_ processes: [Int32]) -> Set<Int32> { Set(processes) }

    func removeStaleProbes() -> [StaleProbes.Removal] {
        staleProbeSearches += 1
        return []
    }

    func shutDown() { isShutDown = true }
}

/// A session that writes down what is called.
final class FakeSession: NodeSession {
    enum Call: Equatable {
        case start(MonotonicRawInstant?)
        case stop(MonotonicRawInstant?)
        case finish(String)
        case refreshThreads(Set<Int32>)
        case resume([UInt32: UInt64], undelivered: [UInt32: UInt64], hasMetadata: Bool)
        case stopReading
        case leave
        case remove(inBackground: Bool)
    }

    let request: WirePrepare
    let delivery: SessionDelivery
    private(set) var calls: [Call] = []
    /// What `watermark` gives; nil until it is set.
    var settledTime: UInt64?
    var removalError: (any Error)?

    init(_ request: WirePrepare, _ delivery: SessionDelivery) {
        self.request = request
        self.delivery = delivery
    }

    /// As a reading thread appends a batch.
    func record(_ bytes: Int = 100) {
        var body = ByteBuffer()
        StreamNumber(session: 0, sequence: 0).write(into: &body)
        body.writeRepeatingByte(0, count: bytes)
        delivery.stream.append(Frame(.batch, body))
    }

    /// The same, of so many events.
    func record(events: UInt32) {
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: 0, sequence: 0), cpu: 0, firstTimestamp: 1, lost: 0, events: events,
            codec: .none, rawLength: 0
        ).write(into: &body)
        delivery.stream.append(Frame(.batch, body))
    }

    func prepared() -> WirePrepared {
        var prepared = WirePrepared()
        prepared.cpus = 2
        return prepared
    }

    func start(at moment: MonotonicRawInstant?) -> WireStarted {
        calls.append(.start(moment))
        return WireStarted(
            TracingSwitch(before: MonotonicRawInstant(nanoseconds: 10), after: MonotonicRawInstant(nanoseconds: 20)),
            missed: false)
    }

    func stop(at moment: MonotonicRawInstant?) -> WireStopping {
        calls.append(.stop(moment))
        return WireStopping(
            TracingSwitch(before: MonotonicRawInstant(nanoseconds: 30), after: MonotonicRawInstant(nanoseconds: 40)))
    }

    func finish(reason: String, note: (WireFinish) -> Void) throws {
        calls.append(.finish(reason))
        var finish = WireFinish()
        finish.reason = reason
        note(finish)
        delivery.stream.append(try .numbered(.finish, finish))
    }

    var inheritable: WirePreparedRecording? { request.hasCount ? nil : .with { $0.request = request } }

    func resume(_ resumption: Resumption) {
        calls.append(
            .resume(
                resumption.received.mapValues(\.events), undelivered: resumption.undelivered,
                hasMetadata: resumption.hasMetadata))
    }

    func stopReading() { calls.append(.stopReading) }

    func leave() { calls.append(.leave) }

    func refreshThreads(_ wanted: Set<Int32>) -> Bool {
        calls.append(.refreshThreads(wanted))
        return true
    }

    func detach() {}

    func watermark() -> PendingWatermark? {
        settledTime.map {
            PendingWatermark(
                watermark: Watermark(session: delivery.session, entries: [.init(cpu: 0, time: $0)]),
                after: delivery.stream.lastSequence)
        }
    }

    func state() -> WireSessionState? { nil }

    func remove(inBackground: Bool) throws {
        calls.append(.remove(inBackground: inBackground))
        if let removalError { throw removalError }
    }
}

/// An inventory without a node: every list is empty.
struct FakeInventory: Inventory {
    let loop: any EventLoop

    static let digest: [UInt8] = [1, 2, 3]

    func names(_ request: WireListNames) -> EventLoopFuture<WireNameList> {
        loop.makeSucceededFuture(WireNameList())
    }

    func catalogDigest() -> EventLoopFuture<[UInt8]> { loop.makeSucceededFuture(Self.digest) }

    func check(_ request: WireCheckProbes) -> EventLoopFuture<WireProbesChecked> {
        loop.makeSucceededFuture(WireProbesChecked())
    }

    func describe(operators: [UInt64: String]) -> EventLoopFuture<WireNodeDescription> {
        loop.makeSucceededFuture(WireNodeDescription())
    }

    func busiest() -> EventLoopFuture<[WireTaskLoad]> { loop.makeSucceededFuture([]) }
}
