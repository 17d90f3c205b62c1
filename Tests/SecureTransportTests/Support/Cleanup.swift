import Foundation
import Synchronization

/// Files to remove when the test process ends.
enum Cleanup {
    private static let bodies = Mutex<[@Sendable () -> Void]>([])

    private static let registered = atexit { Cleanup.bodies.withLock { $0 }.forEach { $0() } }

    static func atExit(_ body: @escaping @Sendable () -> Void) {
        _ = registered
        bodies.withLock { $0.append(body) }
    }
}
