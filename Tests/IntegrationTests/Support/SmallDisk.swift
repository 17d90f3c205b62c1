import Foundation

/// A file system of a few megabytes.
struct SmallDisk: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case tmpfs
        /// In a file, by a loop device.
        case ext4
    }

    let path: String

    /// Mounts one in `folder`, and unmounts it after `body`, also when that throws.
    static func with<R>(
        megabytes: Int, _ kind: Kind = .tmpfs, in folder: TemporaryFolder, _ body: (SmallDisk) async throws -> R
    ) async throws -> R {
        let path = folder.file("disk-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        switch kind {
        case .tmpfs: try await call(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
        case .ext4:
            let image = path + ".img"
            try await call(["truncate", "-s", "\(megabytes)M", image])
            try await call(["mkfs.ext4", "-q", "-F", image])
            try await call(["mount", "-o", "loop", image, path])
        }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(SmallDisk(path: path)))
        } catch {
            result = .failure(error)
        }
        _ = try await RunningProcess(["umount", "-l", path]).exit()
        return try result.get()
    }

    private static func call(_ arguments: [String]) async throws {
        let process = try RunningProcess(arguments)
        guard try await process.exit() == .success else {
            throw TestFailure("\(arguments.joined(separator: " ")): \(process.errors.text)")
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Takes all that is free.
    func fill() async throws {
        _ = try await RunningProcess(["dd", "if=/dev/zero", "of=\(file("filler"))", "bs=64k", "status=none"]).exit()
        _ = try await RunningProcess(["sync", "-f", path]).exit()
    }

    func free() throws {
        try FileManager.default.removeItem(atPath: file("filler"))
    }
}
