import NIOCore
import NIOEmbedded
import Testing
import TraceProtocol

@testable import OperatorClient

/// The operator's end of a connection, frame by frame.
@Suite struct ClientHandlerTests {
    @Test("The hello comes first, and the welcome completes the connection")
    func hello() throws {
        let client = try ClientFixture(isAccepted: false)
        #expect(try client.sent().isEmpty)
        try client.handshake()
        #expect(try client.sent().map(\.type) == [.hello])
        let welcome = WireWelcome.with { $0.leaseMs = 5000 }
        try client.receive(Frame(.welcome, welcome))
        let accepted = try client.accepted.wait()
        #expect(accepted.handler.value === client.handler && accepted.welcome == welcome)
    }

    @Test("Replies reach their requests by number, in any order")
    func replies() throws {
        let client = try ClientFixture()
        let first = client.request(.listNodes(WireListNodes()))
        let second = client.request(.listSessions(WireListSessions()))
        let numbers = try client.sent().map { try $0.message(WireRequest.self).request }
        #expect(Set(numbers).count == 2)
        try client.reply(to: numbers[1], .sessions(WireSessionList()))
        #expect(first.isPending && second.reply == .sessions(WireSessionList()))
        try client.reply(to: numbers[0], .nodes(WireNodeList()))
        #expect(first.reply == .nodes(WireNodeList()))
    }

    @Test("A reply to no request is passed over; one of an unknown kind fails its request")
    func strayReplies() throws {
        let client = try ClientFixture()
        let request = client.request(.listNodes(WireListNodes()))
        try client.reply(to: 99, .nodes(WireNodeList()))
        #expect(request.isPending)
        try client.reply(to: 1, nil)
        #expect(request.error?.contains("this version does not know") == true)
        #expect(client.channel.isActive)
    }

    @Test("A refusal is a reply")
    func refusal() throws {
        let client = try ClientFixture()
        let request = client.request(.openSession(WireOpenSession()))
        let refusal = WireRefusal(.noPermission, "vera is a viewer")
        try client.reply(to: 1, .refusal(refusal))
        #expect(request.reply == .refusal(refusal))
    }

    @Test("A ping is answered with the same bytes, and pings are sent while the connection lasts")
    func pings() throws {
        let client = try ClientFixture()
        try client.receive(Frame(.ping, ByteBuffer(bytes: [1, 2, 3])))
        #expect(try client.sent() == [Frame(.pong, ByteBuffer(bytes: [1, 2, 3]))])
        client.channel.embeddedEventLoop.advanceTime(by: ClientHandler.pingInterval)
        #expect(try client.sent().map(\.type) == [.ping])
        try client.channel.close().wait()
        client.channel.embeddedEventLoop.advanceTime(by: ClientHandler.pingInterval)
        #expect(try client.sent().isEmpty)
    }

    @Test("A controller that says nothing after the hello, or later to pings, is gone")
    func silence() throws {
        let loop = { (client: ClientFixture) in client.channel.embeddedEventLoop }
        let unwelcomed = try ClientFixture(isAccepted: false)
        try unwelcomed.handshake()
        loop(unwelcomed).advanceTime(by: ClientHandler.welcomeTimeout)
        #expect(!unwelcomed.channel.isActive)

        let client = try ClientFixture()
        let request = client.request(.listNodes(WireListNodes()))
        for _ in 0..<3 {
            loop(client).advanceTime(by: ClientHandler.pingInterval)
            try client.receive(Frame(.pong, ByteBuffer()))
        }
        #expect(request.isPending)
        loop(client).advanceTime(by: ClientHandler.pingInterval * 3)
        #expect(request.error?.hasPrefix("nothing has come from the controller for 30 s") == true)
    }

    @Test("Who does not read its own queue does not take the controller for gone")
    func fullQueueIsNoSilence() throws {
        let client = try ClientFixture()
        try client.receive(
            LogChunk(session: 7, node: 0, records: ByteBuffer(repeating: 0, count: LogQueue.highWatermark + 1)).frame())
        client.channel.embeddedEventLoop.advanceTime(by: ClientHandler.pingInterval * 9)
        #expect(client.channel.isActive)
    }

    @Test("What sessions send is queued in order")
    func queued() throws {
        let client = try ClientFixture()
        var end = WireStreamEnd()
        end.problem = "disk full"
        var report = WireCountReport()
        report.session = 7
        try client.receive(LogChunk(session: 7, node: 1, records: ByteBuffer(bytes: [1, 2])).frame())
        try client.receive(Frame(.countReport, report))
        try client.receive(Frame(.streamEnd, end))
        let items = client.queue.removeAll(waiting: .zero)
        guard items.count == 3, case .chunk(let chunk) = items[0], case .counts(let counts, let bytes) = items[1],
            case .end(let problem) = items[2]
        else {
            Issue.record("\(items)")
            return
        }
        #expect(chunk.node == 1 && chunk.records == ByteBuffer(bytes: [1, 2]))
        #expect(counts == report && bytes == 9)
        #expect(problem == "disk full")
    }

    @Test("A full queue stops the connection from reading; an emptied one lets it go on")
    func backPressure() throws {
        let client = try ClientFixture()
        let half = LogChunk(
            session: 7, node: 0, records: ByteBuffer(repeating: 0, count: LogQueue.highWatermark / 2)
        ).frame()
        try client.receive(half)
        try client.receive(half)
        #expect(client.autoRead == nil)
        try client.receive(LogChunk(session: 7, node: 0, records: ByteBuffer(bytes: [1])).frame())
        #expect(client.autoRead == false)
        #expect(client.queue.removeAll(waiting: .zero).count == 3)
        #expect(client.autoRead == true)
        // From then on the queue counts anew.
        try client.receive(half)
        #expect(client.autoRead == true)
    }

    @Test("A goodbye is the reason of the end: for the welcome, for requests and for who waits for the end")
    func goodbye() throws {
        let client = try ClientFixture(isAccepted: false)
        try client.handshake()
        let request = client.request(.listNodes(WireListNodes()))
        var goodbye = WireGoodbye()
        goodbye.reason = .noCommonVersion
        goodbye.text = "no common version"
        goodbye.versions = [2, 3]
        try client.receive(Frame(.goodbye, goodbye))
        #expect(request.isPending)
        let end = client.end()
        #expect(end.reasons.isEmpty)
        try client.channel.close().wait()
        let reason = "the controller says: no common version (it speaks protocol 2, 3)"
        #expect(request.error == reason && end.reasons == [reason])
        let error = #expect(throws: ClientError.self) { try client.accepted.wait() }
        #expect(error?.description == reason)
        // Whoever asks later hears it at once.
        #expect(client.end().reasons == [reason])
    }

    @Test("Who leaves says goodbye first, so that the controller waits for nobody")
    func leave() throws {
        let client = try ClientFixture()
        client.handler.leave()
        let frame = try #require(try client.sent().first)
        #expect(frame.type == .goodbye)
        #expect(try frame.message(WireGoodbye.self).reason == .shuttingDown)
        client.channel.embeddedEventLoop.run()
        #expect(!client.channel.isActive)
        // A second time, and after the end, nothing happens.
        client.handler.leave()
    }

    @Test("A lost connection fails every request, those that come later at once")
    func disconnected() throws {
        let client = try ClientFixture()
        let pending = [client.request(.listNodes(WireListNodes())), client.request(.listSessions(WireListSessions()))]
        try client.channel.close().wait()
        #expect(pending.map(\.error) == [ClientError.closed.description, ClientError.closed.description])
        #expect(client.request(.listNodes(WireListNodes())).error == ClientError.closed.description)
    }

    @Test("A malformed frame ends the connection with the reason")
    func malformed() throws {
        let client = try ClientFixture()
        let request = client.request(.listNodes(WireListNodes()))
        try client.receive(Frame(.logChunk, ByteBuffer(bytes: [1])))
        #expect(!client.channel.isActive)
        #expect(request.error?.contains("malformed") == true, "\(request.error ?? "")")
    }
}
