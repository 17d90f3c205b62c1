import Dispatch
import Foundation
import Logging
import TestSupport
import Testing
import Tracefs

@testable import AgentCore

/// What a guard removes, on the real kernel.
@Suite(.enabled(if: RealTracefs.isUsable, "\(RealTracefs.reason)")) struct KernelCleanupTests {
    private static func remove(_ name: String) throws {
        try KernelCleanup(log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }).remove(instances: [name])
    }

    @Test("A lock of the dead agent that is there a moment longer than its pipe delays the removal and does not end it")
    func lockOutlivesPipe() throws {
        let root = try RealTracefs.root.get()
        let name = RealTracefs.uniqueName("cleanup-late")
        defer { _ = try? root.removeStaleInstance(name) }
        let isTaken = DispatchSemaphore(value: 0)
        let dying = Thread { Self.own(name, in: root, telling: isTaken) }
        dying.start()
        isTaken.wait()
        try Self.remove(name)
        #expect(try root.instances(prefix: name).isEmpty)
    }

    /// Makes an instance that records, and owns it for 100 ms more.
    private static func own(_ name: String, in root: TracefsRoot, telling isTaken: DispatchSemaphore) {
        let instance = try? TraceInstance.create(in: root, name: name)
        #expect(throws: Never.self) { try instance?.setTracing(true) }
        isTaken.signal()
        Thread.sleep(forTimeInterval: 0.1)
        instance?.leave()
    }

    @Test("What another agent has taken over goes on recording")
    func takenOver() throws {
        try RealTracefs.withInstance("cleanup-owned") { root, instance in
            try instance.setTracing(true)
            try Self.remove(instance.name)
            #expect(try instance.isTracing())
        }
    }
}
