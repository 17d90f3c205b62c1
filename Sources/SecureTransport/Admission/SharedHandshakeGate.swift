import NIOCore
import Synchronization

/// The gate of one listener: gives out tickets, and tells connections when TLS may begin and when they lose their place.
public final class SharedHandshakeGate: Sendable {
    private struct State {
        var gate: HandshakeGate
        var channels: [UInt64: any Channel] = [:]
        var lastID: UInt64 = 0
        var willWake = false
    }

    private let state: Mutex<State>

    /// - Parameter limits: how much room there is.
    public init(_ limits: HandshakeLimits = HandshakeLimits()) {
        state = Mutex(State(gate: HandshakeGate(limits)))
    }

    /// Connections whose handshake is not over.
    public var count: Int { state.withLock { $0.gate.count } }

    /// The process has no file for another connection: up to `count` silent peers are disconnected.
    public func dropSilent(_ count: Int) { change { gate, _ in gate.dropSilent(count) } }

    /// A place for a new connection.
    func admit(_ channel: any Channel) -> HandshakeTicket {
        let id = state.withLock { state in
            state.lastID += 1
            state.channels[state.lastID] = channel
            return state.lastID
        }
        change { $0.arrive(id, from: NetworkAddress(channel.remoteAddress), now: $1) }
        return HandshakeTicket(gate: self, id: id)
    }

    fileprivate func greet(_ id: UInt64) { change { $0.greet(id, now: $1) } }

    fileprivate func spend(_ time: TimeAmount) { change { $0.spend(time, now: $1) } }

    fileprivate func leave(_ id: UInt64, isAuthenticated: Bool) {
        change { $0.leave(id, isAuthenticated: isAuthenticated, now: $1) }
        state.withLock { $0.channels[id] = nil }
    }

    /// Changes the gate and carries out what follows, each action in a turn of its own of the channel's loop.
    private func change(_ body: (inout HandshakeGate, NIODeadline) -> [HandshakeGate.Action]) {
        let now = NIODeadline.now()
        let (turns, next) = state.withLock { state -> ([(any Channel, HandshakeTurn)], (NIODeadline, any EventLoop)?) in
            var turns: [(any Channel, HandshakeTurn)] = []
            for action in body(&state.gate, now) {
                switch action {
                case .start(let id): if let channel = state.channels[id] { turns.append((channel, .start)) }
                case .drop(let id, let stage):
                    if let channel = state.channels.removeValue(forKey: id) { turns.append((channel, .drop(stage))) }
                }
            }
            return (turns, wake(&state, now))
        }
        for (channel, turn) in turns {
            channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(turn) }
        }
        if let (time, loop) = next {
            loop.scheduleTask(deadline: time) {
                self.state.withLock { $0.willWake = false }
                self.change { $0.proceed(now: $1) }
            }
        }
    }

    /// When and where to go on if handshakes wait for the budget.
    private func wake(_ state: inout State, _ now: NIODeadline) -> (NIODeadline, any EventLoop)? {
        guard !state.willWake, let time = state.gate.nextStart(now: now), let channel = state.channels.values.first
        else {
            return nil
        }
        state.willWake = true
        return (max(time, now + .milliseconds(1)), channel.eventLoop)
    }
}

/// What the gate has decided about a connection: a user event of its pipeline.
enum HandshakeTurn: Sendable, Hashable {
    case start
    case drop(HandshakePlace.Stage)
}

/// One connection's place at the gate. It ends when the ticket is released.
final class HandshakeTicket: Sendable {
    private let gate: SharedHandshakeGate
    private let id: UInt64
    private let isAuthenticated = Mutex(false)

    fileprivate init(gate: SharedHandshakeGate, id: UInt64) {
        self.gate = gate
        self.id = id
    }

    deinit { gate.leave(id, isAuthenticated: isAuthenticated.withLock { $0 }) }

    /// The ClientHello has come. `HandshakeTurn.start` follows, or `.drop`.
    func greet() { gate.greet(id) }

    /// TLS has worked for so long on the handshake.
    func spend(_ time: TimeAmount) { gate.spend(time) }

    /// The peer has proved who it is.
    func authenticated() { isAuthenticated.withLock { $0 = true } }
}
