import NIOCore
import SecureTransport
import SessionStore
import SystemFacts
import TraceProtocol

/// An operator as a controller sees it.
final class EmbeddedOperator: EmbeddedPeer {
    private var lastRequest: UInt64 = 0

    /// - Parameter capabilities: of its command.
    init(
        _ fleet: EmbeddedController, name: String = "ann", role: OperatorRole = .tracer, capabilities: [String] = []
    ) throws {
        super.init(try .operator(name, role: role), fleet)
        try connect(.with { $0.capabilities = capabilities })
    }

    /// Ends the connection in order.
    func leave() throws {
        try send(Frame(.goodbye, WireGoodbye(.shuttingDown, "done")))
        disconnect()
    }

    /// Whether the connection takes more.
    func setWritable(_ isWritable: Bool) {
        channel.isWritable = isWritable
        channel.pipeline.fireChannelWritabilityChanged()
        fleet.loop.run()
    }

    // MARK: Requests

    func request(_ verb: WireRequest.OneOf_Verb) throws {
        lastRequest += 1
        var request = WireRequest()
        request.request = lastRequest
        request.verb = verb
        try send(Frame(.request, request))
    }

    /// Replies that have come since they were last asked for.
    func replies() throws -> [WireReply] {
        try frames(.reply).map { try $0.message(WireReply.self) }
    }

    /// The one reply that has come.
    func reply() throws -> WireReply.OneOf_Outcome {
        let replies = try replies()
        guard replies.count == 1, replies[0].request == lastRequest, let outcome = replies[0].outcome else {
            throw Unexpected(text: "\(replies.count) replies")
        }
        return outcome
    }

    func open(_ order: (inout WireOpenSession) -> Void = { _ in }) throws {
        var open = WireOpenSession()
        open.events = ["sched"]
        order(&open)
        try request(.openSession(open))
    }

    /// The reply to `open`.
    func opened() throws -> WireSessionOpened {
        let reply = try reply()
        guard case .opened(let opened) = reply else { throw Unexpected(text: "\(reply)") }
        return opened
    }

    /// Opens a session on all nodes and lets them start.
    func record(on nodes: [EmbeddedNode], _ order: (inout WireOpenSession) -> Void = { _ in }) throws -> UInt64 {
        try open(order)
        for node in nodes { try node.prepare() }
        for node in nodes { try node.start() }
        return try opened().session
    }

    /// The same for a stretch of time.
    ///
    /// - Returns: the session, and when its nodes were to start, ns of the timeline.
    func recordFor(_ length: Duration, on nodes: [EmbeddedNode]) throws -> (session: UInt64, start: Int64) {
        try open { $0.lengthNs = UInt64(length.wholeNanoseconds) }
        for node in nodes { try node.prepare() }
        for node in nodes { try node.start() }
        let opened = try opened()
        return (opened.session, opened.startAt)
    }

    // MARK: Streams

    /// What has come of the logs, by node.
    func records() throws -> [UInt32: [LogRecord]] {
        var records: [UInt32: [LogRecord]] = [:]
        for frame in try frames(.logChunk) {
            let chunk = try LogChunk(frame)
            var scanner = LogScanner()
            scanner.feed(chunk.records)
            while case .record(let record) = scanner.next() { records[chunk.node, default: []].append(record) }
        }
        return records
    }

    func streamEnds() throws -> [WireStreamEnd] {
        try frames(.streamEnd).map { try $0.message(WireStreamEnd.self) }
    }

    func countReports() throws -> [WireCountReport] {
        try frames(.countReport).map { try $0.message(WireCountReport.self) }
    }
}

extension [LogRecord] {
    /// What the log says of its node, but for the clock.
    var notes: [WireNodeNote.Kind] {
        compactMap { record in
            record.frame.type == .nodeNote ? (try? record.frame.message(WireNodeNote.self))?.kind : nil
        }
    }

    func count(of type: FrameType) -> Int { filter { $0.frame.type == type }.count }
}
