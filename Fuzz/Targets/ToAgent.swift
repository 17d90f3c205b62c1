import NIOCore
import TraceProtocol

@testable import AgentCore
@testable import AgentTestBench

/// What a controller may send, as steps, to an agent with a session that runs. Then a well-formed controller still gets
/// an answer.
@Sendable func fuzzToAgent(_ input: UnsafeRawBufferPointer) {
    var bytes = FuzzBytes(input)
    do {
        let bench = AgentBench()
        try bench.accepted()
        try bench.session(in: .recording).record(Int(bytes.byte()))
        while !bytes.isEmpty {
            let step = bytes.byte()
            switch step % 8 {
            case 0: try? bench.send(Frame(FrameType(rawValue: bytes.byte()), ByteBuffer(bytes.piece())))
            case 1, 2, 3:
                guard let command = try? WireCommand(serializedBytes: Array(bytes.piece())) else { continue }
                check(command)
                try? bench.send(Frame(.command, command))
            case 4:
                try? bench.send(
                    Frame([.acknowledge, .credit, .clockProbe][Int(step >> 3) % 3], ByteBuffer(bytes.take(16))))
            case 5: bench.clock.advance(by: .milliseconds(Int(step) * 100))
            case 6: (step & 8 == 0 ? bench.tick : bench.slowTick)()
            default:
                bench.loseConnection()
                try bench.connect()
                try? bench.send(Frame(.welcome, ByteBuffer(bytes.piece())))
            }
            _ = try bench.frames()
        }
        // A controller that knows none of its sessions: the agent drops them.
        bench.loseConnection()
        let held = try bench.connect().sessions
        try bench.welcome(resume: Dictionary(held.map { ($0.session, nil) }, uniquingKeysWith: { $1 }))
        _ = try bench.frames()
        try bench.command(.stop(WireStop()), session: 1)
        guard try bench.frames().contains(where: { $0.type == .commandReply }) else { fatalError("no answer") }
        bench.loseConnection()
    } catch {
        fatalError("\(error)")
    }
}

/// What an agent checks of a request before it asks its kernel.
private func check(_ command: WireCommand) {
    switch command.action {
    case .prepare(let request):
        _ = request.count.problem
        _ = try? CommFilter.text(request.comms)
        let members = SessionEvents(tracepoints: [], probes: [], refused: [])
        for trigger in request.triggers { _ = try? SessionTrigger(trigger.text, members) }
        for text in request.probes { checkProbe(text) }
        _ = try? Policy.none.bufferKilobytes(asked: request.bufferKilobytes, usual: 1408, cpus: 2)
    case .checkProbes(let request): for text in request.probes { checkProbe(text) }
    default: break
    }
}
