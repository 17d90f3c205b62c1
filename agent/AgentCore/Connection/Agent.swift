import Logging
import NIOCore
import RecentLog
import SwiftProtobuf
import SystemFacts
import Threads
import TraceProtocol
import Tracefs

/// The agent: answers the controller's commands and sends what its sessions record.
///
/// Confined to one event loop, which is also its executor, so a channel handler on that loop calls it
/// directly. Blocking work goes to `SessionControl`; reading goes on in the threads of `CPUReader`.
public actor Agent {
    nonisolated var loop: any EventLoop { executor.loop }
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    private nonisolated let executor: EventLoopExecutor

    let log: Logger
    let recent: RecentLog
    let facts: WireHostFacts
    let configuration: AgentConfiguration
    let control: SessionControl
    let counting: CountingControl
    let inventory: Inventory
    /// Tells a restart of this agent from its reconnection.
    private let incarnation = String(UInt64.random(in: .min ... .max), radix: 16)

    var sessions: [UInt64: AgentSession] = [:]
    private var channel: (any Channel)?
    private(set) var isAccepted = false
    private var credit = Credit(balance: 0)
    /// The session whose frame went out last.
    private var lastServed: UInt64?
    private var lease: Lease
    private var onDisconnect: CheckedContinuation<(any Error)?, Never>?
    private var disconnectReason: (any Error)?
    private var goodbye: WireGoodbye?
    /// Somebody waits until no session is left.
    private var onIdle: EventLoopPromise<Void>?
    /// Whether the last connection got as far as `Welcome`.
    private(set) var wasAccepted = false

    /// Before the controller has stated one.
    private static let defaultLease: Int64 = 60_000_000_000

    init(
        loop: any EventLoop, configuration: AgentConfiguration, control: SessionControl,
        counting: CountingControl, inventory: Inventory, facts: WireHostFacts, log: Logger,
        recent: RecentLog
    ) {
        executor = EventLoopExecutor(loop)
        self.configuration = configuration
        self.control = control
        self.counting = counting
        self.inventory = inventory
        self.facts = facts
        self.log = log
        self.recent = recent
        lease = Lease(duration: Self.defaultLease, now: Int64(MonotonicRawClock.now()))
    }

    // MARK: The connection

    func connected(_ channel: any Channel) {
        self.channel = channel
        isAccepted = false
        wasAccepted = false
        goodbye = nil
        var hello = WireHello()
        hello.versions = Negotiation.versions
        hello.capabilities = Negotiation.capabilities
        hello.software = "fleetrace-agent \(Negotiation.software)"
        hello.host = facts
        hello.labels = configuration.labels
        hello.incarnation = incarnation
        hello.sessions = sessions.values.map(\.held)
        send(.hello, hello)
    }

    func disconnected(_ reason: (any Error)?) {
        channel = nil
        isAccepted = false
        let cause = goodbye.map { ControllerRefusal(goodbye: $0) as any Error } ?? reason
        if let onDisconnect {
            self.onDisconnect = nil
            onDisconnect.resume(returning: cause)
        } else {
            disconnectReason = cause ?? ConnectionClosed()
        }
    }

    /// Returns when the present connection has ended, with the reason.
    func disconnection() async -> (any Error)? {
        if let reason = disconnectReason {
            disconnectReason = nil
            return reason
        }
        return await withCheckedContinuation { onDisconnect = $0 }
    }

    /// Says goodbye and closes.
    func closeConnection() {
        guard let channel else { return }
        var farewell = WireGoodbye()
        farewell.reason = .shuttingDown
        farewell.text = "the agent is shutting down"
        send(.goodbye, farewell)
        channel.close(promise: nil)
    }

    func send(_ type: FrameType, _ message: some Message) {
        guard let frame = try? Frame(type, message) else { return }
        channel?.writeAndFlush(frame, promise: nil)
    }

    // MARK: Frames from the controller

    func received(_ frame: Frame) throws {
        lease.heard(now: Int64(MonotonicRawClock.now()))
        guard isAccepted || frame.type == .welcome || frame.type == .goodbye else {
            throw ProtocolError.unexpected(frame.type, "before Welcome")
        }
        switch frame.type {
        case .clockProbe: try answerProbe(ClockProbeFrame(frame))
        case .acknowledge: try acknowledge(Acknowledgement(frame).number)
        case .credit:
            credit.grant(try CreditGrant(frame).bytes)
            pump()
        case .command: perform(try frame.message())
        case .welcome: try welcome(frame.message())
        case .goodbye: goodbye = try frame.message()
        case .ping: channel?.writeAndFlush(Frame(.pong, frame.body), promise: nil)
        // A newer controller's frame is read over.
        default: break
        }
    }

    private func answerProbe(_ probe: ClockProbeFrame) {
        let received = Int64(MonotonicRawClock.now())
        let reply = ClockReplyFrame(
            id: probe.id, probeSent: probe.sent, received: received, sent: Int64(MonotonicRawClock.now()))
        channel?.writeAndFlush(reply.frame(), promise: nil)
    }

    private func welcome(_ welcome: WireWelcome) throws {
        guard !isAccepted else { throw ProtocolError.unexpected(.welcome, "a second time") }
        isAccepted = true
        wasAccepted = true
        credit = Credit(balance: Int(clamping: welcome.credit))
        if welcome.leaseMs > 0 { lease.duration = Int64(welcome.leaseMs) * 1_000_000 }
        control.use(Negotiation.codec(welcome.capabilities))
        log.info("connected", metadata: ["as": "\(welcome.identity)", "controller": "\(welcome.software)"])
        for point in welcome.resume {
            guard let session = sessions[point.session] else { continue }
            if point.unknown {
                log.notice(
                    "the controller does not know a session any more", metadata: ["session": "\(hex(point.session))"])
                discard(point.session)
            } else {
                try session.stream.withSpool { spool throws(ProtocolError) in
                    try spool.resume(after: point.acknowledged)
                }
            }
        }
        pump()
        tellVitals()
    }

    private func acknowledge(_ number: StreamNumber) throws {
        guard let session = sessions[number.session] else { return }
        try session.stream.withSpool { spool throws(ProtocolError) in
            _ = try spool.acknowledge(number.sequence)
        }
        dropIfDelivered(number.session)
    }

    /// Forgets a session whose last frame has been acknowledged. Its instance may go after that or before.
    func dropIfDelivered(_ id: UInt64) {
        guard let session = sessions[id], session.isFinished, session.stream.isAcknowledged else { return }
        sessions[id] = nil
        if sessions.isEmpty, let onIdle {
            self.onIdle = nil
            onIdle.succeed()
        }
    }

    // MARK: Sending

    /// Called from reading threads: there is something to send.
    nonisolated func schedulePump() {
        loop.execute { self.assumeIsolated { $0.pump() } }
    }

    /// Puts on the connection what credit and the socket allow: a frame of each session in turn, so that one with a
    /// backlog does not hold up the others.
    func pump() {
        guard isAccepted, let channel else { return }
        var waiting = sessions.keys.sorted()
        // The round begins behind the session served last: a call that can send one frame only must not always find
        // the same one first.
        if let last = lastServed, let next = waiting.firstIndex(where: { $0 > last }) {
            waiting = Array(waiting[next...] + waiting[..<next])
        }
        while !waiting.isEmpty, channel.isWritable, credit.allowsFrame {
            waiting.removeAll { id in
                guard channel.isWritable, credit.allowsFrame, let frame = sessions[id]?.stream.next() else {
                    return true
                }
                try? credit.spend(frame.body.readableBytes)
                lastServed = id
                // Flushed one by one: writability follows what has been flushed.
                channel.writeAndFlush(frame, promise: nil)
                return false
            }
        }
        for id in sessions.keys { sendMark(of: id, on: channel) }
    }

    /// Sends a frame that a later one will outdate, if the connection takes it now.
    func offer(_ frame: Frame) {
        guard isAccepted, let channel, channel.isWritable else { return }
        channel.writeAndFlush(frame, promise: nil)
    }

    private func sendMark(of id: UInt64, on channel: any Channel) {
        guard let pending = sessions[id]?.pendingMark,
            let sent = try? sessions[id]?.stream.withSpool({ spool throws(ProtocolError) in spool.sentSequence }),
            sent >= pending.after
        else { return }
        sessions[id]?.pendingMark = nil
        channel.writeAndFlush(pending.mark.frame(), promise: nil)
    }

    // MARK: Time

    /// Every `CPUReader.interval`: task names, then watermarks.
    func tick() {
        guard sessions.values.contains(where: { !$0.isCount }) else { return }
        control.tick().whenSuccess { [weak self] marks in
            self?.assumeIsolated { agent in
                for (id, entries, after) in marks {
                    // The one that waits is not replaced: under load it would never be sent.
                    guard agent.sessions[id] != nil, agent.sessions[id]?.pendingMark == nil else { continue }
                    agent.sessions[id]?.pendingMark = (Watermark(session: id, entries: entries), after)
                }
                agent.pump()
            }
        }
    }

    /// Every second: leases and threads.
    func slowTick() {
        control.refreshThreads().whenFailure { [log] in
            log.warning("the list of untraced threads could not be brought up to date", metadata: ["reason": "\($0)"])
        }
        counting.refreshThreads().whenFailure { [log] in
            log.warning(
                "the list of uncounted threads could not be brought up to date", metadata: ["reason": "\($0)"])
        }
        control.removeStaleProbes().whenFailure { [log] in
            log.warning("probes of a session that is over are left in the kernel", metadata: ["reason": "\($0)"])
        }
        guard lease.hasRunOut(now: Int64(MonotonicRawClock.now())) else { return }
        for id in sessions.keys where sessions[id]?.state.isLive == true {
            log.warning(
                "no word from the controller for too long: recording stops", metadata: ["session": "\(hex(id))"])
            sessions[id]?.endReason = "no word from the controller for \(lease.duration / 1_000_000_000) s"
            stop(id)
        }
    }

    /// Ends all sessions in order and waits until the controller has everything, but not for ever.
    func finishSessions(within limit: TimeAmount) -> EventLoopFuture<Void> {
        let promise = loop.makePromise(of: Void.self)
        for id in sessions.keys where sessions[id]?.state.isLive == true {
            sessions[id]?.endReason = "the agent was stopped"
            stop(id)
        }
        guard !sessions.isEmpty, isAccepted else {
            promise.succeed()
            return promise.futureResult
        }
        onIdle = promise
        loop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
            self?.assumeIsolated { agent in
                guard let onIdle = agent.onIdle else { return }
                agent.onIdle = nil
                onIdle.succeed()
            }
        }
        return promise.futureResult
    }

    /// Removes everything this agent has made in the kernel.
    func shutDown() -> EventLoopFuture<Void> {
        sessions.removeAll()
        return counting.shutDown().flatMap { [control] in control.shutDown() }
    }
}
