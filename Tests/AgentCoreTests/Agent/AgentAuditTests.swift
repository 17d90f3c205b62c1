import Testing
import TraceProtocol

@testable import AgentCore

@Suite("What an agent was asked for, by whom, and what came of it")
struct AgentAuditTests {
    @Test("Each command has a line, refusals included")
    func lines() throws {
        let bench = AgentBench()
        try bench.accepted()
        let ann = "operator/ann (tracer) from 10.0.0.9"
        try bench.command(.describe(WireDescribe()), session: 0, askedBy: ann)
        try bench.command(.listNames(.with { $0.functions = "vfs_*" }), session: 0, askedBy: ann)
        try bench.command(.checkProbes(.with { $0.probes = ["kprobe:x"] }), session: 0, askedBy: ann)
        try bench.command(.stop(WireStop()), session: 5)
        // Follows from who is connected: nobody has asked for it.
        try bench.command(.excludeProcesses(WireExcludeProcesses()), session: 0)
        #expect(
            bench.audit.removeAll() == [
                "\(ann) 127.0.0.1: describe -> done",
                "\(ann) 127.0.0.1: list functions vfs_* -> done",
                "\(ann) 127.0.0.1: check probes [\"kprobe:x\"] -> done",
                "the controller 127.0.0.1: stop session 5 -> refused: this node has no such session",
            ])
    }
}
