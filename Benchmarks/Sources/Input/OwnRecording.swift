import Foundation

/// Records this machine's kernel under a load of system calls, with the `fleetrace` beside this program.
enum OwnRecording {
    static let seconds = 8.0

    static func make(at path: String) throws {
        let output = try Program.fleetrace.run([
            "record", "--local", "1", "-e", "sched", "-e", "syscalls", "-o", path, "--", Program.own.path, "load",
            "--for", "\(seconds)",
        ])
        guard FileManager.default.fileExists(atPath: path + "/manifest.json") else {
            throw InputError("recording failed: \(output.errors)")
        }
    }
}
