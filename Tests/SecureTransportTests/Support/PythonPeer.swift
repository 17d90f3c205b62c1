import Foundation

/// Python's `ssl` as the other side (`Fixtures/tls/peer.py`).
struct PythonPeer: Sendable {
    /// What it should do. The keys are those of `peer.py`.
    struct Plan: Encodable, Sendable {
        var side = "client"
        var port = 0
        var cert: String?
        var key: String?
        var ca: String?
        var alpn: [String]? = ["fleetrace/1"]
        var max_version: String?
        var action = "exchange"
        var send = 0
        var receive = 0
        var piece = 0
        var raw = ""
        var pause = 0.0

        enum CodingKeys: String, CodingKey {
            case side, port, cert, key, ca, alpn, max_version, send, receive, piece, raw, pause
            case action = "do"
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(side, forKey: .side)
            try container.encode(port, forKey: .port)
            try container.encode(cert, forKey: .cert)
            try container.encode(key, forKey: .key)
            try container.encode(ca, forKey: .ca)
            // null, not absent: the script has a default.
            try container.encode(alpn, forKey: .alpn)
            try container.encode(max_version, forKey: .max_version)
            try container.encode(action, forKey: .action)
            try container.encode(send, forKey: .send)
            try container.encode(receive, forKey: .receive)
            try container.encode(piece, forKey: .piece)
            try container.encode(raw, forKey: .raw)
            try container.encode(pause, forKey: .pause)
        }
    }

    /// What it observed.
    struct Outcome: Decodable, Sendable {
        let handshake: Bool
        let received: Int
        let sha256: String?
        let error: String?
        let closed: String?
        let alpn: String?
        let answer: String?
    }

    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Fixtures/tls/peer.py").path

    private static func command(_ plan: Plan) throws -> [String] {
        ["python3", script, String(decoding: try JSONEncoder().encode(plan), as: UTF8.self)]
    }

    /// Runs it as a client and waits for its end.
    static func client(port: Int, _ credentials: Credentials?, _ change: (inout Plan) -> Void = { _ in }) async throws
        -> Outcome
    {
        var plan = plan(credentials)
        plan.port = port
        change(&plan)
        return try outcome(try await Command.runAsync(try command(plan)))
    }

    /// A server that has bound its port.
    struct Server: Sendable {
        let running: RunningCommand
        let port: Int

        func outcome() async throws -> Outcome { try PythonPeer.outcome(await running.finishAsync()) }
    }

    /// Starts it as a server for one connection.
    static func server(_ credentials: Credentials?, _ change: (inout Plan) -> Void = { _ in }) throws -> Server {
        var plan = plan(credentials)
        plan.side = "server"
        change(&plan)
        let running = try RunningCommand(try command(plan))
        let line = running.readLine() ?? ""
        guard let port = try? JSONDecoder().decode([String: Int].self, from: Data(line.utf8))["port"] else {
            throw Command.Failed(description: "no port: \(line) \(running.finish().stderr)")
        }
        return Server(running: running, port: port)
    }

    private static func plan(_ credentials: Credentials?) -> Plan {
        var plan = Plan()
        plan.cert = credentials?.certificate
        plan.key = credentials?.key
        plan.ca = credentials?.authority
        return plan
    }

    private static func outcome(_ output: Command.Output) throws -> Outcome {
        do {
            return try JSONDecoder().decode(Outcome.self, from: Data(output.stdout.utf8))
        } catch {
            throw Command.Failed(description: "peer.py: \(output.status) \(output.stdout) \(output.stderr)")
        }
    }
}
