import SystemFacts
import TestSupport
import Testing

@testable import Tracefs

/// Instances that outlive the process that made them, on the real kernel.
@Suite(.needsTracefs) struct InstanceSuccessionTests {
    /// Runs `body` with the name of an instance that records and that nobody owns.
    private func withLeft(_ purpose: String, _ body: (TracefsRoot, String) throws -> Void) throws {
        let root = try RealTracefs.root.get()
        let name = RealTracefs.uniqueName(purpose)
        do {
            let instance = try TraceInstance.create(in: root, name: name)
            try instance.setTracing(true)
            try instance.setNotracePIDs([TaskList.currentProcess()])
            _ = try instance.openRawPipe(cpu: 0)
            instance.leave()
            // As after a removal: another process has it.
            #expect(throws: TracefsError.instanceRemoved(name: name)) { try instance.setTracing(false) }
        }
        defer { _ = try? root.removeStaleInstance(name) }
        try body(root, name)
    }

    @Test("An instance that was left goes on recording, and can be taken over as it is")
    func takeOver() throws {
        try withLeft("takeover") { root, name in
            #expect(try root.isTracing(instance: name))
            #expect(try !root.isOwned(instance: name))
            let next = try TraceInstance.takeOver(in: root, name: name)
            #expect(try next.isTracing() && root.isOwned(instance: name))
            #expect(try next.notracePIDs() == [TaskList.currentProcess()])
            // The kernel's list is known: nothing is emptied to add to it.
            try next.setNotracePIDs([1, TaskList.currentProcess()])
            #expect(try next.notracePIDs() == [1, TaskList.currentProcess()].sorted())
            try next.remove()
            #expect(try root.instances(prefix: name).isEmpty)
        }
    }

    @Test("What is owned, or not there, cannot be taken over")
    func refused() throws {
        try RealTracefs.withInstance("owned") { root, instance in
            #expect(throws: TracefsError.instanceBusy(name: instance.name)) {
                try TraceInstance.takeOver(in: root, name: instance.name)
            }
        }
        let root = try RealTracefs.root.get()
        let name = RealTracefs.uniqueName("nothing")
        #expect(throws: TracefsError.instanceRemoved(name: name)) { try TraceInstance.takeOver(in: root, name: name) }
        #expect(throws: TracefsError.self) { try TraceInstance.takeOver(in: root, name: "../events") }
    }

    @Test("What is kept for a successor is removed by nobody, and can be taken over")
    func kept() throws {
        try withLeft("kept") { root, name in
            do {
                let keeper = try KeptInstance(name, in: root)
                #expect(root.isKept(instance: name))
                #expect(try root.removeStaleInstance(name)?.outcome == .inUse)
                let next = try TraceInstance.takeOver(in: root, name: name)
                next.leave()
                withExtendedLifetime(keeper) {}
            }
            #expect(!root.isKept(instance: name))
            #expect(try root.removeStaleInstance(name)?.outcome == .removed)
        }
    }

    @Test("Between an agent's death and its guard's keeping it, nobody else removes an instance")
    func beforeItIsKept() async throws {
        let root = try RealTracefs.root.get()
        let name = RealTracefs.uniqueName("unkept")
        try TraceInstance.create(in: root, name: name).leave()
        defer { _ = try? root.removeStaleInstance(name) }
        let removing = Task.detached { try root.removeStaleInstances(prefix: name, patience: .seconds(2)) }
        try await Task.sleep(for: .milliseconds(200))
        do {
            let keeper = try KeptInstance(name, in: root)
            #expect(try await removing.value == [StaleRemoval(name: name, outcome: .inUse)])
            withExtendedLifetime(keeper) {}
        }
        #expect(
            try root.removeStaleInstances(prefix: name, patience: .milliseconds(100))
                == [StaleRemoval(name: name, outcome: .removed)])
    }
}
