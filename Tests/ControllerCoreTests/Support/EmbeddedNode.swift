import NIOCore
import SecureTransport
import TraceProtocol

/// An agent as a controller sees it: it does what the test says, and nothing by itself but answer clock probes.
final class EmbeddedNode: EmbeddedPeer {
    let name: String
    /// Its trace clock less the controller's, ns.
    private(set) var clockOffset: Int64
    private var bootID: String
    /// Sequence number of its last numbered frame.
    var sequence: UInt64 = 0
    /// Events in the batches that it has sent.
    private(set) var events: UInt64 = 0

    init(_ name: String, _ fleet: EmbeddedController) throws {
        self.name = name
        bootID = name
        clockOffset = Int64(name.utf8.reduce(0) { $0 + Int($1) }) * 1_000_000_000
        super.init(try .node(name), fleet)
        try connect()
        fleet.connected(self)
    }

    /// - Parameters:
    ///   - holding: sessions that it says it still has.
    ///   - isTakenOver: from a process that died.
    ///   - isSuccessor: likewise, and a controller has welcomed it before.
    /// - Returns: from where to go on with them; empty while it has not been welcomed.
    @discardableResult
    func connect(
        incarnation: String = "first", holding: [UInt64] = [], isTakenOver: Bool = false,
        isSuccessor: Bool = false, capabilities: [String] = []
    ) throws -> [WireResumePoint] {
        var hello = WireHello()
        hello.capabilities = capabilities
        hello.host.bootID = bootID
        hello.incarnation = incarnation
        hello.sessions = holding.map { session in
            .with {
                $0.session = session
                $0.takenOver = isTakenOver
                $0.successor = isSuccessor
            }
        }
        try connect(hello)
        return try welcomed()
    }

    /// From where to go on, if it has been welcomed since it was last asked for.
    func welcomed() throws -> [WireResumePoint] {
        try frames(.welcome).flatMap { try $0.message(WireWelcome.self).resume }
    }

    /// Connects to another controller process.
    @discardableResult
    func connect(
        to fleet: EmbeddedController, incarnation: String = "first", holding: [UInt64], isSuccessor: Bool = false
    ) throws -> [WireResumePoint] {
        move(to: fleet)
        fleet.connected(self)
        return try connect(incarnation: incarnation, holding: holding, isSuccessor: isSuccessor)
    }

    /// The machine is booted: its trace clock begins again.
    func reboot() {
        disconnect()
        bootID += "'"
        clockOffset = -fleet.now.nanoseconds
    }

    func answerProbes() {
        for frame in (try? frames(.clockProbe)) ?? [] {
            guard let probe = try? ClockProbeFrame(frame) else { continue }
            let time = fleet.now.nanoseconds + clockOffset
            try? send(ClockReplyFrame(id: probe.id, probeSent: probe.sent, received: time, sent: time).frame())
        }
    }

    // MARK: Commands

    /// Commands that have come since they were last asked for, but for those about excluded processes.
    func commands() throws -> [WireCommand] {
        try frames(.command).map { try $0.message(WireCommand.self) }.filter { command in
            if case .excludeProcesses = command.action { false } else { true }
        }
    }

    /// The one command that has come.
    func command() throws -> WireCommand {
        let commands = try commands()
        guard commands.count == 1 else { throw Unexpected(text: "\(name) has \(commands.count) commands") }
        return commands[0]
    }

    func reply(to command: WireCommand, _ outcome: WireCommandReply.OneOf_Outcome) throws {
        var reply = WireCommandReply()
        reply.request = command.request
        reply.outcome = outcome
        try send(Frame(.commandReply, reply))
    }

    /// Replies to the one command that has come: it is ready.
    func prepare(count plan: WireCountPlan? = nil) throws {
        var prepared = WirePrepared()
        if let plan { prepared.count = plan }
        try reply(to: command(), .prepared(prepared))
    }

    /// Replies to the one command that has come: it records.
    ///
    /// - Returns: the moment that was commanded, of its own clock.
    @discardableResult
    func start(missed: Bool = false, late: Duration = .zero) throws -> Int64 {
        let command = try command()
        guard case .start(let start) = command.action else { throw Unexpected(text: "\(name): \(command)") }
        try reply(
            to: command,
            .started(
                .with {
                    $0.before = start.at
                    $0.after = start.at + Int64(late / .nanoseconds(1))
                    $0.missed = missed
                }))
        return start.at
    }

    /// Says of commands that they go on.
    func progress(_ commands: [WireCommand], behind: UInt32 = 0) throws {
        for command in commands { try reply(to: command, .progress(.with { $0.behind = behind })) }
    }

    /// Replies to the one command that has come: it stops.
    func stop() throws {
        let command = try command()
        guard case .stop = command.action else { throw Unexpected(text: "\(name): \(command)") }
        try reply(to: command, .stopping(WireStopping()))
    }

    // MARK: Its stream

    /// Sends a batch of one event and some bytes.
    ///
    /// - Parameter again: it was sent before.
    func sendBatch(_ session: UInt64, bytes: Int = 100, again: Bool = false) throws {
        sequence += 1
        if !again { events += 1 }
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: session, sequence: sequence), cpu: 0, firstTimestamp: 1, lost: 0, events: 1,
            codec: .deflate, rawLength: 100
        ).write(into: &body)
        body.writeRepeatingByte(7, count: bytes)
        try send(Frame(.batch, body))
    }

    /// Its trace clock.
    var clock: Int64 { fleet.now.nanoseconds + clockOffset }

    /// States what was lost with an agent that died.
    func sendLoss(_ session: UInt64, events: UInt64, cpu: UInt32 = 0) throws {
        sequence += 1
        let loss = WireStreamLoss.with {
            $0.cpus = [
                .with {
                    $0.cpu = cpu
                    $0.events = events
                    $0.to = clock
                }
            ]
            $0.reason = "it died"
        }
        var body = ByteBuffer()
        StreamNumber(session: session, sequence: sequence).write(into: &body)
        body.writeImmutableBuffer(try Frame(.loss, loss).body)
        try send(Frame(.loss, body))
    }

    /// Says that everything up to now has been sent.
    func sendWatermark(_ session: UInt64, cpus: [UInt32] = [0]) throws {
        let entries = cpus.map { Watermark.Entry(cpu: $0, time: UInt64(clock)) }
        try send(Watermark(session: session, entries: entries).frame())
    }

    /// Its last frame, with totals that add up unless the test changes them.
    func sendFinish(
        _ session: UInt64, counts: WireCountTotals? = nil, reason: String = "",
        _ change: (inout WireFinish) -> Void = { _ in }
    ) throws {
        sequence += 1
        var finish = WireFinish()
        finish.reason = reason
        finish.cpus = [
            .with {
                $0.recorded = events
                $0.sent = events
            }
        ]
        if let counts { finish.counts = counts }
        change(&finish)
        var body = ByteBuffer()
        StreamNumber(session: session, sequence: sequence).write(into: &body)
        body.writeImmutableBuffer(try Frame(.finish, finish).body)
        try send(Frame(.finish, body))
    }

    func sendCounts(_ session: UInt64, _ totals: WireCountTotals) throws {
        var totals = totals
        totals.session = session
        try send(Frame(.counts, totals))
    }

    /// What it was told to send again, as sequence numbers, since that was last asked for.
    func rewinds() throws -> [UInt64] {
        try frames(.rewind).map { try Rewind($0).number.sequence }
    }

    /// Sequence numbers that were acknowledged since they were last asked for.
    func acknowledged() throws -> [UInt64] {
        try frames(.acknowledge).map { try Acknowledgement($0).number.sequence }
    }
}

struct Unexpected: Error {
    var text: String
}
