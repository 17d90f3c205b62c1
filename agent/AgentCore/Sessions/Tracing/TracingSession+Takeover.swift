import RingBuffer
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
        let function = recording.instance.functionRefusal(by: tracefs.policy)
        if let reason = giveUp ?? forbidden?.text ?? function?.text {
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
        var resumption = resumption
        let recovered = try recover(resumption.lastBatches)
        for one in recovered { resumption.undelivered[one.read.head.cpu, default: 0] += one.events }
        recording.instance.renew(grace: inheritable.map { tracefs.grace(of: $0.request) } ?? .zero)
        recording.inheritance = Inheritance(deadReads, resumption, reason: EndedSession.lossReason)
        if !recording.inheritance.loss.cpus.isEmpty {
            stream.append(try .numbered(.loss, recording.inheritance.loss))
        }
        for one in recovered { stream.append(one.frame) { one.read.markKept() } }
        if resumption.hasMetadata { try sendAllNames() } else { try sendMetadata() }
        recording.attach()
    }

    /// Batches of what an agent that died had read and not spooled.
    ///
    /// - Parameter lastBatches: of each CPU in the spool. What was read before the last of them stands in it.
    private func recover(
        _ lastBatches: [UInt32: UInt64]
    ) throws -> [(read: FoundRead, frame: Frame, events: UInt64)] {
        let writer = BatchWriter()
        let layout = try SubBufferLayout(headerPage: recording.headerPage())
        return try (tracefs.reads?.take(recording.session) ?? []).compactMap { read in
            guard lastBatches[read.head.cpu] ?? 0 <= read.head.after else {
                read.markKept()
                return nil
            }
            var pages = read.pages
            let batch = try pages.withUnsafeMutableBytes {
                try writer.batch(of: $0, layout: layout, cpu: Int(read.head.cpu), codec: .deflate)
            }
            guard let batch else {
                read.markKept()
                return nil
            }
            return (read, batch.frame, batch.events)
        }
    }

    func stopReading() { recording.stopReading() }

    func leave() { recording.instance.leave() }
}
