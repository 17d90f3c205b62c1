import FleetView
import OperatorClient
import TraceProtocol

/// A session that is opened here and left to the controller: what `record --detach` does.
struct DetachedSession {
    var session: OwnedSession
    /// How to reach the controller, as options of a command line.
    var options: String

    func run() async throws {
        var session = session
        session.request.detach = true
        session.request.keep = true
        try await session.access.withConnector { [session] connect, interrupts in
            let client = try await connect()
            let (_, opened) = try await session.open(
                client, SessionInbox(), nil, interrupts, ending: "it goes on without this command")
            var description = opened.sessionDescription
            description.session = opened.session
            await client.close()
            try put(lines(description))
        }
    }

    func lines(_ description: WireSessionDescription) -> [String] {
        let name = description.calling
        return [
            "session \(description.identifier)\(description.name.isEmpty ? "" : " (\(description.name))") belongs to the controller",
            "watch it:  fleetrace attach \(name)\(options)",
            "end it:    fleetrace stop \(name)\(options)",
            "copy it:   fleetrace fetch \(name) -o DIR\(options)",
        ]
    }
}
