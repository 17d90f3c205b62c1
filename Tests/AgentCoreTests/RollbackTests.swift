import Testing

@testable import AgentCore

@Suite struct RollbackTests {
    private struct Failure: Error, Equatable {
        let step: String
    }

    @Test func whatWasMadeLastIsRemovedFirstWhateverFails() {
        var steps: [String] = []
        var rollback = Rollback()
        for step in ["probes", "instance"] {
            rollback.add {
                steps.append(step)
                throw Failure(step: step)
            }
        }
        rollback.addLast { steps.append("synthetic events") }
        rollback.add { steps.append("triggers") }
        #expect(throws: Failure(step: "instance")) { try rollback.run() }
        #expect(steps == ["triggers", "instance", "probes", "synthetic events"])
        #expect(throws: Never.self) { try rollback.run() }
        #expect(steps.count == 4)
    }
}
