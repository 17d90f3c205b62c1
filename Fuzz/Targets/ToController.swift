import NIOCore
import SecureTransport
import TraceProtocol

@testable import ControllerCore
@testable import ControllerTestBench

/// What a node or an operator may send: one byte for which of them, then steps. Beside it a node and an operator do what
/// they should, and afterwards the controller still answers them.
@Sendable func fuzzToController(_ input: UnsafeRawBufferPointer) {
    var bytes = FuzzBytes(input)
    do {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["honest", "hostile"])
        let honest = try EmbeddedOperator(fleet)
        let session = try honest.record(on: nodes)
        if bytes.byte() & 1 == 0 {
            try hostileNode(&bytes, nodes[1], session, fleet)
        } else {
            try hostileOperator(&bytes, session, fleet)
        }
        fleet.advance(.milliseconds(50))
        _ = try honest.replies()
        try honest.request(.listNodes(WireListNodes()))
        guard case .nodes = try honest.reply() else { fatalError("the controller does not answer") }
        // All sessions end, at the latest when the controller gives their nodes up.
        honest.disconnect()
        for node in nodes { node.disconnect() }
        fleet.advance(.seconds(120), turn: .seconds(10))
        precondition(fleet.sessionCount() == 0, "a session does not end")
    } catch {
        fatalError("\(error)")
    }
}

private func hostileNode(
    _ bytes: inout FuzzBytes, _ node: EmbeddedNode, _ session: UInt64, _ fleet: EmbeddedController
) throws {
    var request: UInt64 = 0
    while !bytes.isEmpty, node.isConnected {
        let step = bytes.byte()
        switch step % 8 {
        case 0: try? node.send(Frame(FrameType(rawValue: bytes.byte()), ByteBuffer(bytes.piece())))
        case 1: try? node.send(numbered([.batch, .metadata, .finish][Int(step >> 3) % 3], node, session, &bytes))
        case 2: try? node.send(numbered(.batch, node, session, &bytes, skipping: UInt64(step >> 3)))
        case 3:
            guard var totals = try? WireCountTotals(serializedBytes: Array(bytes.piece())) else { continue }
            totals.session = session
            try? node.send(Frame(.counts, totals))
        case 4:
            guard var reply = try? WireCommandReply(serializedBytes: Array(bytes.piece())) else { continue }
            request = (try? node.commands().last?.request) ?? request
            reply.request = request
            try? node.send(Frame(.commandReply, reply))
        case 5: try? node.send(Frame(.vitals, ByteBuffer(bytes.piece())))
        case 6: fleet.advance(.milliseconds(Int(step) * 4))
        default:
            var hello = (try? WireHello(serializedBytes: Array(bytes.piece()))) ?? WireHello()
            hello.sessions = [.with { $0.session = session }]
            try? node.connect(hello)
        }
    }
}

/// A frame with the session's id and the number that follows, and a body from the input.
private func numbered(
    _ type: FrameType, _ node: EmbeddedNode, _ session: UInt64, _ bytes: inout FuzzBytes, skipping: UInt64 = 0
) -> Frame {
    node.sequence &+= 1 &+ skipping
    var body = ByteBuffer()
    StreamNumber(session: session, sequence: node.sequence).write(into: &body)
    body.writeBytes(bytes.piece())
    return Frame(type, body)
}

private func hostileOperator(_ bytes: inout FuzzBytes, _ session: UInt64, _ fleet: EmbeddedController) throws {
    let hostile = try EmbeddedOperator(fleet, name: "eve")
    while !bytes.isEmpty, hostile.isConnected {
        let step = bytes.byte()
        switch step % 4 {
        case 0: try? hostile.send(Frame(FrameType(rawValue: bytes.byte()), ByteBuffer(bytes.piece())))
        case 1, 2:
            guard let request = try? WireRequest(serializedBytes: Array(bytes.piece())) else { continue }
            try? hostile.send(Frame(.request, request))
        default: fleet.advance(.milliseconds(Int(step) * 4))
        }
    }
    hostile.disconnect()
}

extension EmbeddedPeer {
    fileprivate var isConnected: Bool { channel.isActive }
}
