import Foundation

/// A program that is measured, or that another is compared with.
struct MeasuredProgram: Sendable {
    let path: String

    /// This program.
    static let own = MeasuredProgram(
        path: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? "/proc/self/exe")
    /// The operator's command: $FLEETRACE, or the one beside this program.
    static let fleetrace = MeasuredProgram(
        path: ProcessInfo.processInfo.environment["FLEETRACE"]
            ?? (own.path as NSString).deletingLastPathComponent + "/fleetrace")
    /// The controller, beside the command.
    static let controller = MeasuredProgram(
        path: (fleetrace.path as NSString).deletingLastPathComponent + "/fleetrace-controller")

    /// The command line of a load of system calls.
    static func load(seconds: Double) -> [String] { [own.path, Load.name, "--for", "\(seconds)"] }

    /// A program of $PATH.
    ///
    /// - Throws: `Unavailable` when it is not installed.
    static func installed(_ name: String, for purpose: String) throws -> MeasuredProgram {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        let paths = folders.map { "\($0)/\(name)" }
        guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw Unavailable(reason: "\(name) is not installed, \(purpose)")
        }
        return MeasuredProgram(path: path)
    }

    /// Runs it until it ends.
    ///
    /// - Parameter output: the file that its stdout goes to.
    func run(_ arguments: [String], output: String = "/dev/null") throws -> ProgramResult {
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent(
            "fleetrace-benchmark-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: errors) }
        let child = try start(arguments, output: output, errors: errors.path)
        var status: Int32 = 0
        var usage = rusage()
        // ru_maxrss also holds the peak of the process that started the program. VmHWM begins with the program.
        var peak = 0.0
        while wait4(child.pid, &status, WNOHANG, &usage) == 0 {
            if let present = ProcessUsage(pid: child.pid) { peak = max(peak, present.peakResident) }
            usleep(5_000)
        }
        return ProgramResult(
            status: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f),
            errors: (try? String(contentsOf: errors, encoding: .utf8)) ?? "",
            elapsed: Elapsed(wall: Stopwatch.now(CLOCK_MONOTONIC) - child.started, cpu: usage.seconds),
            peakResident: peak)
    }

    /// Starts it, in this process's environment.
    func start(_ arguments: [String], output: String, errors: String) throws -> (pid: pid_t, started: Double) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        // This process handles SIGINT and SIGTERM itself. In its children they have the default action.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGTERM] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        // A thread of Swift's pool has all signals blocked, and a child inherits the mask of the thread that starts it.
        // With that mask, perf would never get the SIGCHLD of its load.
        var unblocked = sigset_t()
        sigemptyset(&unblocked)
        posix_spawnattr_setsigmask(&attributes, &unblocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let started = Stopwatch.now(CLOCK_MONOTONIC)
        var pid = pid_t()
        let code = posix_spawn(&pid, path, &actions, &attributes, &words, environ)
        guard code == 0 else { throw InputError("cannot run \(path): \(String(cString: strerror(code)))") }
        return (pid, started)
    }
}

/// How a program ended, and what it used.
struct ProgramResult: Sendable {
    /// The exit status, or 128 and the number of the signal that ended it.
    var status: Int32
    /// What it wrote to stderr.
    var errors: String
    /// The processor time includes children that it waited for (wait4(2)).
    var elapsed: Elapsed
    /// The largest resident set that was seen, bytes. It is read every 5 ms.
    var peakResident: Double
}

extension rusage {
    /// Seconds of user and system time.
    var seconds: Double {
        Double(ru_utime.tv_sec + ru_stime.tv_sec) + Double(ru_utime.tv_usec + ru_stime.tv_usec) / 1e6
    }
}
