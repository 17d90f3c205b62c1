import Foundation
import SystemFacts

/// A cgroup of version 2 of a test's own.
public final class CgroupFolder: Sendable {
    /// Its directory.
    public let folder: String
    /// From the root of the hierarchy.
    public let path: String
    /// Its number: that of its directory.
    public let id: UInt64

    private static let mount: String? = (try? SystemFile.text("/proc/self/mountinfo"))?.split(separator: "\n")
        .first { $0.contains(" - cgroup2 ") }?.split(separator: " ")[4].description

    /// This machine has such a mount that can be written.
    public static let isPossible = geteuid() == 0 && mount.map { access($0, W_OK) == 0 } == true

    public init() throws {
        let name = "fleetrace-test-\(UInt32.random(in: 0 ... .max))"
        folder = "\(Self.mount ?? "")/\(name)"
        path = "/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder)
        id = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
    }

    /// It must have no process.
    public func remove() { rmdir(folder) }

    deinit { remove() }
}
