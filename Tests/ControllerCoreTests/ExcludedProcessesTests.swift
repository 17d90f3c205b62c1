import Testing
import TraceProtocol

@testable import ControllerCore

@Suite struct ExcludedProcessesTests {
    private func host(_ boot: String, namespace: UInt64 = 1, pid: UInt32) -> WireHostFacts {
        .with {
            $0.bootID = boot
            $0.pidNamespace = namespace
            $0.pid = pid
        }
    }

    @Test("Who shares a machine and a pid namespace, and nobody else")
    func ofOneMachine() {
        let (agent, controller) = (host("a", pid: 30), host("a", pid: 7))
        let excludedProcesses = ExcludedProcesses([
            agent, controller, host("b", pid: 8), host("a", namespace: 2, pid: 9), host("", pid: 10),
        ])
        #expect(excludedProcesses.of(agent) == [7, 30])
        #expect(excludedProcesses.of(host("b", pid: 1)) == [8])
        #expect(excludedProcesses.of(host("c", pid: 1)) == [])
        // Who does not say where he runs is nobody's excluded process.
        #expect(excludedProcesses.of(host("", pid: 10)) == [])
    }
}
