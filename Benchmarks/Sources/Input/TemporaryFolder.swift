import Dispatch
import Foundation
import Synchronization
import SystemPackage

/// A folder that goes with its owner, or with the process when it is told to end.
final class TemporaryFolder {
    let path: FilePath

    private static let present = Mutex<Set<String>>([])

    /// - Parameter parent: where; $TMPDIR unless stated.
    init(in parent: String? = nil) throws {
        let parent = parent ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        let name = "fleetrace-benchmark-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0 ... .max))"
        path = FilePath("\(parent)/\(name)")
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
        let text = path.string
        Self.present.withLock { _ = $0.insert(text) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
        let text = path.string
        Self.present.withLock { _ = $0.remove(text) }
    }

    /// What was written must not stay behind when somebody has had enough.
    ///
    /// - Returns: what watches for the signals, as long as it is kept.
    static func removeOnSignal() -> [any DispatchSourceSignal] {
        let sources = [SIGINT, SIGTERM].map(source)
        for source in sources { source.resume() }
        return sources
    }

    private static func source(_ number: Int32) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            for path in present.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
            exit(128 + number)
        }
        return source
    }
}
