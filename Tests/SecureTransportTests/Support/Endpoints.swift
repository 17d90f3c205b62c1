import NIOCore
import NIOPosix
import SecureTransport
import Synchronization

extension TransportLimits {
    /// Limits for tests that do not concern time, so that a loaded machine does not fail them.
    static var patient: TransportLimits {
        var limits = TransportLimits()
        limits.handshakeTimeout = .seconds(60)
        limits.refusalLinger = .seconds(20)
        return limits
    }
}

/// Our listener on 127.0.0.1, with the observations of each connection in the order of arrival.
final class TestServer: Sendable {
    let channel: any Channel
    private let arrivals: Arrivals

    var port: Int { channel.localAddress?.port ?? 0 }

    static func start(
        _ context: TLSContext, limits: TransportLimits = .patient, gate: SharedHandshakeGate? = nil,
        halfClosure: Bool = false, part: Witness.Part = .listen
    ) async throws -> TestServer {
        let arrivals = Arrivals()
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: halfClosure)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let record = arrivals.new()
                    try SecureTransport.addServer(to: channel, context, limits: limits, gate: gate)
                    try channel.pipeline.syncOperations.addHandler(Witness(record, part))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestServer(channel, arrivals)
    }

    private init(_ channel: any Channel, _ arrivals: Arrivals) {
        self.channel = channel
        self.arrivals = arrivals
    }

    /// The observations of connection `index`, from 0.
    func connection(_ index: Int = 0) async -> Observations { await arrivals.connection(index) }

    var all: [Observations] { arrivals.all }

    func stop() async throws { try await channel.close() }
}

/// Observations in the order of arrival.
final class Arrivals: Sendable {
    private struct State {
        var records: [Observations] = []
        var waiters: [(Int, CheckedContinuation<Observations, Never>)] = []
    }
    private let state = Mutex(State())

    var all: [Observations] { state.withLock { $0.records } }

    func new() -> Observations {
        let record = Observations()
        let ready = state.withLock { state in
            state.records.append(record)
            let ready = state.waiters.filter { $0.0 < state.records.count }
            state.waiters.removeAll { $0.0 < state.records.count }
            return ready.map { ($0.1, state.records[$0.0]) }
        }
        for (continuation, record) in ready { continuation.resume(returning: record) }
        return record
    }

    func connection(_ index: Int) async -> Observations {
        await withCheckedContinuation { continuation in
            let now = state.withLock { state -> Observations? in
                if index < state.records.count { return state.records[index] }
                state.waiters.append((index, continuation))
                return nil
            }
            if let now { continuation.resume(returning: now) }
        }
    }
}

/// Our client.
enum TestClient {
    struct Connection: Sendable {
        let channel: any Channel
        let record: Observations
    }

    static func connect(
        port: Int, _ context: TLSContext, limits: TransportLimits = .patient, halfClosure: Bool = false,
        part: Witness.Part = .listen
    ) async throws -> Connection {
        let record = Observations()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: halfClosure)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try SecureTransport.addClient(to: channel, context, limits: limits)
                    try channel.pipeline.syncOperations.addHandler(Witness(record, part))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return Connection(channel: channel, record: record)
    }
}
