import Foundation

/// A program that is measured or compared with.
struct Program: Sendable {
    let path: String

    /// This one.
    static let own = Program(path: CommandLine.arguments.first.map(absolute) ?? "/proc/self/exe")
    /// The product's command: $FLEETRACE, or beside this program.
    static let fleetrace = Program(
        path: ProcessInfo.processInfo.environment["FLEETRACE"]
            ?? (own.path as NSString).deletingLastPathComponent + "/fleetrace")
    /// The controller, beside the command.
    static let controller = Program(
        path: (fleetrace.path as NSString).deletingLastPathComponent + "/fleetrace-controller")

    private static func absolute(_ path: String) -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? path
    }

    /// One that is installed, by PATH; nil when it is not.
    static func installed(_ name: String) -> Program? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        return folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile(atPath:)).map(
            Program.init)
    }

    struct Output: Sendable {
        var status: Int32
        var errors: String
        /// Seconds on the wall, and of the processor (children included, as wait4(2) tells).
        var elapsed: Elapsed
        /// Largest resident set, bytes, as far as it was seen: looked at every 5 ms.
        var peakResident: Double
    }

    /// Runs it to its end, its output to a file.
    func run(_ arguments: [String], output: String = "/dev/null") throws -> Output {
        let errors = FileManager.default.temporaryDirectory.appendingPathComponent(
            "fleetrace-benchmark-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: errors) }
        let child = try start(arguments, output: output, errors: errors.path)
        var status: Int32 = 0
        var usage = rusage()
        // Not ru_maxrss: it has the peak of the process that started the program, too. VmHWM begins with the program.
        var peak = 0.0
        while wait4(child.pid, &status, WNOHANG, &usage) == 0 {
            if let present = ProcessUsage(pid: child.pid) { peak = max(peak, present.peakResident) }
            usleep(5_000)
        }
        let cpu =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        return Output(
            status: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f),
            errors: (try? String(contentsOf: errors, encoding: .utf8)) ?? "",
            elapsed: Elapsed(wall: Stopwatch.now(CLOCK_MONOTONIC) - child.started, cpu: cpu),
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
        // This process takes the two itself; its children end by them.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGINT, SIGTERM] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        // A thread of Swift's pool has all signals blocked, and a child begins with its parent's mask: perf would never
        // hear that its load has ended.
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
