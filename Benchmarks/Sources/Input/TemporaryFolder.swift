import Foundation
import SystemPackage

/// A folder that goes with its owner.
final class TemporaryFolder {
    let path: FilePath

    init() throws {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        path = FilePath(
            "\(parent)/fleetrace-benchmark-\(ProcessInfo.processInfo.processIdentifier)-\(UInt32.random(in: 0 ... .max))"
        )
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }
}
