import ArgumentParser
import Testing

@testable import AgentCore
@testable import fleetrace

@Suite struct CommandMessages {
    /// Without the usage, which every message has below it.
    private static func message(_ words: [String]) -> String {
        do {
            let command = try Fleetrace.parseAsRoot(words)
            Issue.record("\(words) is accepted as \(type(of: command))")
            return ""
        } catch {
            return Fleetrace.message(for: error)
        }
    }

    @Test("Command lines that are wrong")
    func arguments() throws {
        let lines = [
            "nosuch", "trace", "trace -e", "trace -e sched --for soon", "trace -e sched --buffer -1",
            "trace -e sched -f prev_pid", "trace -e sched --local 65", "trace -e sched --local 0", "trace -p kprobe",
            "trace -e sched --pid x", "trace -e sched --format xml", "trace -e sched --start-in 1x",
            "trace -e sched --lease soon", "trace -e sched --lease 200h", "record -e sched --lease 1h --unattended",
            "trace -e sched --on-full wait", "stat",
            "stat -e a --top 0",
            "stat -e a --interval 0", "stat -e a --by", "stat --latency a", "stat -e a --match b",
            "stat --latency a,b --match c,c", "stat --latency a,b --match c,d,e", "stat --latency a,b --sum c",
            "stat -e a --max b --hist c", "stat --function a --avg b", "stat -e instructions --sum a",
            "top --interval 0",
            "report",
            "report s1 --around x", "report s1 --since x", "report s1 --jobs 0", "report s1 --relative --format json",
            "clock", "clock s1 --format png", "export s1", "export s1 --to xml x",
            "export s1 --to trace.dat", "list a --functions b", "list --functions x -v", "list --usdt bash", "probe",
            "probe garbage", "node", "nodes --controller x", "nodes --format xml", "attach", "stop", "fetch",
            "fetch s1", "sessions --format xml", "record --detach -e a -o s1",
            "record --detach -e a --for 1h", "record --detach -e a -- make", "record --detach -e a --local 1",
            "record -e a --rotate 1000", "record -e a --keep-parts 2", "record -e a --rotate 1M --keep-parts 0",
            "record --detach -e a --rotate 1M", "record --detach -e a --max-size 1M",
            "ca issue",
            "ca issue boss a b",
        ]
        let messages = lines.map {
            Snapshot.Message(cause: "fleetrace \($0)", text: Self.message($0.split(separator: " ").map(String.init)))
        }
        try Snapshot.compare(messages, with: "Arguments")
    }

    @Test("Policies that are wrong")
    func policies() throws {
        let texts = [
            "deny", "forbid probe kprobe:*", "deny symbol x", "deny event a:b:c", "deny event /etc",
            "deny probe vfs_read",
            "deny probe kprobes:*", "deny probe kprobe:", "deny probe uprobe:usr/lib", "deny probe kprobe:/usr/lib/*",
            "limit buffer 64", "limit buffer 0M", "limit probes many", "limit rate 5", "limit probes 1\nlimit probes 2",
            "limit lease 60", "deny unattended sessions", "deny unattended\ndeny unattended",
        ]
        let messages = texts.map { text -> Snapshot.Message in
            let error = #expect(throws: PolicyError.self) { try Policy(parsing: text, file: "/etc/fleetrace/policy") }
            return Snapshot.Message(
                cause: "policy '\(text.split(separator: "\n").joined(separator: "; "))'",
                text: error.map { "\($0)" } ?? "")
        }
        let missing = #expect(throws: PolicyError.self) { try Policy(reading: "/nosuch/policy") }
        try Snapshot.compare(
            messages + [.init(cause: "policy /nosuch/policy", text: missing.map { "\($0)" } ?? "")], with: "Policies")
    }
}
