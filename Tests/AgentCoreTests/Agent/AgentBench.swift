import Logging
import NIOCore
import NIOEmbedded
import RecentLog
import SystemFacts
import TestSupport
import TraceProtocol

@testable import AgentCore

/// An agent whose event loop, connection, kernel and clock are in the test's hands. Use it on one thread.
final class AgentBench {
    let loop = EmbeddedEventLoop()
    let kernel = FakeKernel()
    let clock = ManualClock()
    let audit = AuditRecorder()
    let agent: Agent
    private(set) var channel: EmbeddedChannel
    private var lastRequest: UInt64 = 0

    /// - Parameters:
    ///   - journal: of an agent that has a successor, or is one.
    ///   - memory: bytes that a session may keep in memory.
    init(journal: StateJournal? = nil, memory: Int = AgentConfiguration.defaultMemory) {
        let loop = self.loop
        let clock = self.clock
        let audit = self.audit
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let thread = ControlThread(loop: loop, agentLoop: loop, now: { clock.now })
        channel = EmbeddedChannel(loop: loop)
        agent = Agent(
            loop: loop,
            configuration: AgentConfiguration(
                host: "controller", port: 1, labels: ["role": "web"], memory: memory),
            kernel: NodeSessions(kernel, thread: thread, makers: [thread], journal: journal, log: log),
            inventory: FakeInventory(loop: loop),
            facts: WireHostFacts(), log: log, recent: RecentLog(),
            auditLog: Logger(label: "audit") { _ in audit }, now: { clock.now })
    }

    // MARK: The connection

    /// - Returns: the agent's `Hello`.
    @discardableResult
    func connect() throws -> WireHello {
        channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandler(Uplink(agent: agent))
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        agent.assumeIsolated { [channel] in $0.connected(channel) }
        return try frame(.hello).message()
    }

    /// - Parameters:
    ///   - resume: for each session, up to where the controller has everything; nil if it does not know it.
    ///   - received: events that have come of a session that was taken over, by CPU.
    func welcome(
        credit: UInt64 = 1 << 20, leaseMs: UInt32 = 0, resume: [UInt64: UInt64?] = [:], received: [UInt32: UInt64] = [:]
    ) throws {
        var welcome = WireWelcome()
        welcome.credit = credit
        welcome.leaseMs = leaseMs
        welcome.capabilities = Negotiation.capabilities
        welcome.resume = resume.map { session, acknowledged in
            .with {
                $0.session = session
                $0.acknowledged = acknowledged ?? 0
                $0.unknown = acknowledged == nil
                $0.received = received.map { cpu, events in
                    .with {
                        $0.cpu = cpu
                        $0.events = events
                    }
                }
            }
        }
        try send(Frame(.welcome, welcome))
    }

    /// Connected, welcomed, and the first frames read.
    func accepted(credit: UInt64 = 1 << 20) throws {
        try connect()
        try welcome(credit: credit)
        _ = try frames()
    }

    /// The agent dies: another one may have its state folder.
    func die() { agent.assumeIsolated { $0.kernel.journal?.folder.release() } }

    /// What came before is the next agent's.
    func takeOver() {
        agent.assumeIsolated { _ = $0.takeOver() }
        loop.run()
    }

    func loseConnection() {
        channel.close(promise: nil)
        loop.run()
    }

    func send(_ frame: Frame) throws {
        try channel.writeInbound(frame)
        loop.run()
    }

    // MARK: What the agent sends

    /// Everything since the last call.
    func frames() throws -> [Frame] {
        loop.run()
        var frames: [Frame] = []
        while let frame = try channel.readOutbound(as: Frame.self) { frames.append(frame) }
        return frames
    }

    /// The only frame since the last call.
    func frame(_ type: FrameType) throws -> Frame {
        let frames = try frames()
        guard frames.count == 1, frames[0].type == type else { throw Unexpected(types: frames.map(\.type)) }
        return frames[0]
    }

    /// Session and sequence number of the numbered frames since the last call.
    func numbers() throws -> [StreamNumber] {
        try frames().filter { [.batch, .metadata, .finish, .loss].contains($0.type) }.map { frame in
            var body = frame.body
            return try StreamNumber(reading: &body, of: frame.type)
        }
    }

    struct Unexpected: Error {
        var types: [FrameType]
    }

    // MARK: Commands

    func command(_ action: WireCommand.OneOf_Action?, session: UInt64 = 1, askedBy: String = "") throws {
        lastRequest += 1
        var command = WireCommand()
        command.request = lastRequest
        command.session = session
        command.action = action
        command.askedBy = askedBy
        try send(Frame(.command, command))
    }

    /// The reply to the last command, which is the only frame since the last call.
    func reply() throws -> WireCommandReply.OneOf_Outcome? {
        let reply = try frame(.commandReply).message(WireCommandReply.self)
        guard reply.request == lastRequest else { throw Unexpected(types: []) }
        return reply.outcome
    }

    func refusal() throws -> WireRefusal? {
        if case .refusal(let refusal) = try reply() { refusal } else { nil }
    }

    func acknowledge(_ sequence: UInt64, session: UInt64 = 1) throws {
        try send(Acknowledgement(StreamNumber(session: session, sequence: sequence)).frame())
    }

    /// Brings a session to a phase of its life and reads the replies.
    ///
    /// - Returns: its part in the kernel.
    @discardableResult
    func session(
        _ id: UInt64 = 1, in phase: SessionState.Phase, counts: Bool = false,
        _ asked: (inout WirePrepare) -> Void = { _ in }
    ) throws -> FakeSession {
        var request = WirePrepare()
        asked(&request)
        request.operator = "ada"
        if counts { request.count = WireCountRequest() }
        try command(.prepare(request), session: id)
        guard let session = kernel.sessions[id] else { throw Unexpected(types: try frames().map(\.type)) }
        if phase != .ready { try command(.start(WireStart()), session: id) }
        if phase == .draining || phase == .finished { try command(.stop(WireStop()), session: id) }
        if phase == .finished {
            session.delivery.onDrained()
            loop.run()
        }
        _ = try frames()
        return session
    }

    /// The phase that the agent has a session in; nil if it has none.
    func phase(of session: UInt64 = 1) -> SessionState.Phase? {
        agent.assumeIsolated { $0.sessions[session]?.state.phase }
    }

    func tick() {
        agent.assumeIsolated { _ = $0.tick() }
        loop.run()
    }

    func slowTick() {
        agent.assumeIsolated { $0.slowTick() }
        loop.run()
    }
}
