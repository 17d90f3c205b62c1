import Foundation

/// A file system of a few megabytes.
struct SmallDisk: Sendable {
    let path: String

    /// Mounts one in `folder`, and unmounts it after `body`, also when that throws.
    static func with<R>(megabytes: Int, in folder: TemporaryFolder, _ body: (SmallDisk) async throws -> R) async throws
        -> R
    {
        let path = folder.file("disk-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        let mount = try RunningProcess(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
        guard try await mount.exit() == .success else { throw TestFailure("mount: \(mount.errors.text)") }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(SmallDisk(path: path)))
        } catch {
            result = .failure(error)
        }
        _ = try await RunningProcess(["umount", "-l", path]).exit()
        return try result.get()
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}
