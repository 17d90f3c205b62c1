import ArgumentParser
import Foundation

/// Where the events come from.
struct InputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            A trace.dat file, a session's directory, or a folder with syscalls-10m.dat (default: $FLEETRACE_CORPUS; \
            without it, this machine's kernel is recorded).
            """,
            valueName: "path"))
    var corpus: String?

    @Option(help: "Megabytes of pages to hold in memory.")
    var limit = 256

    @Option(help: "Seconds of load in end-to-end and agent.")
    var loadSeconds = 4.0

    /// The path of the input. Nil when none was named.
    func path() throws -> String? {
        guard let given = corpus ?? ProcessInfo.processInfo.environment["FLEETRACE_CORPUS"], !given.isEmpty else {
            return nil
        }
        let inside = given + "/syscalls-10m.dat"
        if FileManager.default.fileExists(atPath: inside) { return inside }
        guard FileManager.default.fileExists(atPath: given) else { throw InputError("\(given) does not exist") }
        return given
    }
}
