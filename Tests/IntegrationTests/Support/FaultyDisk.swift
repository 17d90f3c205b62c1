import Foundation

/// Makes the files of one process fail, by a library that is loaded into it: Tests/FaultyDisk/faulty_disk.c says how. The
/// kernel here has no device mapper, so a block device that fails is not to be had.
struct FaultyDisk: Sendable {
    private let control: String
    private let library: String
    let folder: String

    /// - Parameter folder: below which files fail.
    init(in place: TemporaryFolder, for folder: String) async throws {
        self.folder = folder
        control = place.file("fault")
        library = place.file("faulty_disk.so")
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../FaultyDisk/faulty_disk.c").path
        let compile = try RunningProcess(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"])
        guard try await compile.exit() == .success else { throw TestFailure("cc: \(compile.errors.text)") }
        try set("ok")
    }

    var environment: [String: String] {
        ["LD_PRELOAD": library, "FAULTY_DISK_CONTROL": control, "FAULTY_DISK_FOLDER": folder]
    }

    func set(_ fault: String) throws {
        try Data(fault.utf8).write(to: URL(fileURLWithPath: control), options: .atomic)
    }
}
