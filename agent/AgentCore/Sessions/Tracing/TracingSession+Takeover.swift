import SystemFacts
import TraceProtocol
import Tracefs

/// Sessions that record, and agents that follow each other.
extension TracingSession {
    /// Takes over what an agent that died has in the kernel. Nothing is read before `resume`.
    ///
    /// - Parameter giveUp: ends it instead, unread: why.
    static func takeOver(
        _ left: JournaledSession, _ delivery: SessionDelivery, in tracefs: NodeTracefs, facts: WireHostFacts,
        readers: CPUReaders, giveUp: String?
    ) throws -> any NodeSession {
        let recording = try PageRecording.takeOver(
            left, session: delivery.session, in: tracefs, readers: readers)
        let forbidden = recording.events.lazy.compactMap { tracefs.policy.refusal(of: $0) }.first
        if let reason = giveUp ?? forbidden?.text {
            return EndedSession(try end(recording, because: reason), delivery)
        }
        do {
            let sink = StreamSink(
                stream: delivery.stream, layout: try .init(headerPage: recording.headerPage()), codec: delivery.codec)
            let reads = try recording.deadReads()
            try recording.openTaps(feeding: sink, onDrained: delivery.onDrained)
            if let halt = left.stopping { try recording.stop(as: halt) }
            return TracingSession(recording, delivery, tracefs, facts, left.prepared, dead: reads)
        } catch {
            recording.instance.leave()
            throw error
        }
    }

    private static func end(_ recording: PageRecording, because reason: String) throws -> WireFinish {
        let finish = try recording.unreadTotals(reason: reason)
        try recording.remove()
        return finish
    }

    func resume(_ resumption: Resumption) throws {
        recording.instance.renew(grace: inheritable.map { tracefs.grace(of: $0.request) } ?? .zero)
        recording.inheritance = Inheritance(deadReads, resumption, reason: EndedSession.lossReason)
        if !recording.inheritance.loss.cpus.isEmpty {
            stream.append(try .numbered(.loss, recording.inheritance.loss))
        }
        if resumption.hasMetadata { try sendAllNames() } else { try sendMetadata() }
        recording.attach()
    }

    func stopReading() { recording.stopReading() }

    func leave() { recording.instance.leave() }
}
