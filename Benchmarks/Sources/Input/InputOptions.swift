import ArgumentParser
import Foundation

/// Where the events come from.
struct InputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A trace.dat file or a session's directory, or a folder with syscalls-10m.dat (default: $FLEETRACE_CORPUS; else this machine's kernel is recorded).",
            valueName: "path"))
    var corpus: String?

    @Option(help: "Megabytes of pages to hold in memory.")
    var limit = 256

    @Option(help: "Seconds of load for the end-to-end benchmark.")
    var loadSeconds = 4.0

    /// The path, if one was given.
    func path() throws -> String? {
        guard let given = corpus ?? ProcessInfo.processInfo.environment["FLEETRACE_CORPUS"], !given.isEmpty else {
            return nil
        }
        let inside = given + "/syscalls-10m.dat"
        if FileManager.default.fileExists(atPath: inside) { return inside }
        guard FileManager.default.fileExists(atPath: given) else { throw InputError("\(given) does not exist") }
        return given
    }

    func recording() throws -> Recording {
        let limit = limit << 20
        let recording: Recording
        if let path = try path() {
            recording =
                FileManager.default.fileExists(atPath: path + "/manifest.json")
                ? try Recording.read(session: path, limit: limit) : try Recording.read(traceDat: path, limit: limit)
        } else {
            let folder = try TemporaryFolder()
            let path = folder.path.appending("own").string
            say("no corpus: recording this kernel for \(OwnRecording.seconds) s")
            try OwnRecording.make(at: path)
            recording = try Recording.read(session: path, limit: limit)
        }
        guard recording.events > 0 else { throw InputError("\(recording.source) holds no events") }
        say("input: \(recording.events) events in \(recording.bytes >> 20) MiB of pages, from \(recording.source)")
        return recording
    }
}
