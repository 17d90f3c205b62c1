import Foundation
import Testing
import TraceClock

@testable import Timeline

struct CausalRuleTests {
    @Test func aRuleNamesTwoEventsAndTheirFields() throws {
        let rule = try CausalRule(parsing: "rpc:send:id,peer = rpc:receive:request,from")
        #expect(rule.send.event == "rpc:send" && rule.send.fields == ["id", "peer"])
        #expect(rule.receive.event == "rpc:receive" && rule.receive.fields == ["request", "from"])
        #expect(try CausalSource(parsing: "tcp") == .tcp && (try CausalSource(parsing: "session")) == .session)
    }

    @Test(
        arguments: [
            "", "udp", "a:b:c", "a:b:c=", "=a:b:c", "a:b:c=d", "a:b:=d:e:f", "a:b:c=d:e:f=g:h:i", "a:b:c,d=e:f:g",
            "a:b:c,=e:f:g,", "a:b:c=a:b:c", ":c=e:f:g",
        ])
    func textsThatAreNoRuleAreRefused(text: String) {
        #expect(throws: ReportError.self) { try CausalSource(parsing: text) }
    }

    private static func pairs(_ text: String) throws -> MessagePairsFile {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("pairs-\(UUID().uuidString)")
        try Data(text.utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        return try MessagePairsFile(path: path.path, nodes: ["web-1", "db-2"])
    }

    @Test func pairsComeFromAFile() throws {
        let file = try Self.pairs("# ours\nweb-1 100 db-2 200\n\n  db-2\t300 web-1 400 # back\r\nweb-1 1 db-2 2")
        #expect(
            file.messages == [
                MatchedMessage(sender: 0, sent: 100, receiver: 1, received: 200),
                MatchedMessage(sender: 1, sent: 300, receiver: 0, received: 400),
                MatchedMessage(sender: 0, sent: 1, receiver: 1, received: 2),
            ])
    }

    @Test(
        arguments: [
            ("web-1 1 db-2", "line 1"), ("web-1 1 db-2 2\nweb-1 x db-2 2", "line 2"), ("web-1 1 db-3 2", "\"db-3\""),
            ("web-1 -1 db-2 2", "line 1"), ("web-1 1 web-1 2", "one node"),
            ("web-1 99999999999999999999 db-2 2", "line 1"),
            (String(repeating: "x", count: 10_000), "longer than"),
        ])
    func aLineThatIsNoPairIsAnError(text: String, reason: String) {
        let error = #expect(throws: ReportError.self) { try Self.pairs(text) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func aFileThatIsNotThereIsAnError() {
        #expect(throws: ReportError.self) { try MessagePairsFile(path: "/nonexistent/pairs", nodes: []) }
    }
}
