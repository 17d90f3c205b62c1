import Foundation

/// Records this machine's kernel under a load of system calls, with the `fleetrace` beside this program.
enum KernelRecording {
    /// Of load. More events than `--limit` holds in memory.
    private static let seconds = 8.0

    static func make(at path: String) throws {
        try Unavailable.requireRoot(to: "record this kernel, and no corpus is named")
        warn("no corpus: recording this kernel for \(Int(seconds)) s")
        let result = try MeasuredProgram.fleetrace.run(
            ["record", "--local", "1", "-e", "sched", "-e", "syscalls", "-o", path, "--"]
                + MeasuredProgram.load(seconds: seconds))
        guard FileManager.default.fileExists(atPath: path + "/manifest.json") else {
            throw InputError("recording failed: \(result.errors)")
        }
    }
}
