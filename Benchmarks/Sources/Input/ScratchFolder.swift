import Dispatch
import Foundation
import Synchronization
import SystemPackage

/// A folder that is removed with its owner, or when SIGINT or SIGTERM ends the process.
final class ScratchFolder {
    let path: FilePath

    private static let present = Mutex<Set<String>>([])

    /// - Parameter parent: the folder that it is made in. Nil is $TMPDIR.
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

    /// Removes all scratch folders and exits when SIGINT or SIGTERM comes.
    ///
    /// - Returns: the sources that watch for the signals. They watch as long as they are kept.
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
