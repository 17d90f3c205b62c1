import Foundation

/// A file system of a few megabytes.
struct SmallDisk: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case tmpfs
        /// In a file, by a loop device.
        case ext4
        /// The same, with a file that has less room than it promises: what the kernel cannot write there fails when it is
        /// synchronized, and counts as clean from then on. Without a journal, which would make it read-only.
        case thin
    }

    let path: String
    /// What takes its room.
    private let filler: String

    /// Mounts one in `folder`, and unmounts it after `body`, also when that throws.
    static func with<R>(
        megabytes: Int, _ kind: Kind = .tmpfs, in folder: TemporaryFolder, _ body: (SmallDisk) async throws -> R
    ) async throws -> R {
        let path = folder.file("disk-\(UInt32.random(in: 0 ... .max))")
        let back = path + ".back"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        switch kind {
        case .tmpfs: try await call(["mount", "-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", path])
        case .ext4: try await mountImage(path + ".img", megabytes: megabytes, [], at: path)
        case .thin:
            try FileManager.default.createDirectory(atPath: back, withIntermediateDirectories: false)
            try await call(["mount", "-t", "tmpfs", "-o", "size=\(megabytes / 2)m", "tmpfs", back])
            try await mountImage("\(back)/img", megabytes: megabytes, ["-O", "^has_journal"], at: path)
        }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(SmallDisk(path: path, filler: (kind == .thin ? back : path) + "/filler")))
        } catch {
            result = .failure(error)
        }
        for mount in [path] + (kind == .thin ? [back] : []) {
            _ = try await RunningProcess(["umount", "-l", mount]).exit()
        }
        return try result.get()
    }

    private static func mountImage(_ image: String, megabytes: Int, _ options: [String], at path: String) async throws {
        try await call(["truncate", "-s", "\(megabytes)M", image])
        try await call(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0"] + options + [image])
        try await call(["mount", "-o", "loop", image, path])
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
        _ = try await RunningProcess(["dd", "if=/dev/zero", "of=\(filler)", "bs=64k", "status=none"]).exit()
        _ = try await RunningProcess(["sync", "-f", path]).exit()
    }

    func free() throws {
        try FileManager.default.removeItem(atPath: filler)
    }
}
