import Glibc
import OperatorClient
import Synchronization
import SystemFacts

/// The command that runs while a session does (`-- COMMAND`).
final class AccompaniedCommand: Sendable {
    private let words: [String]
    private let child: ChildProcess
    /// Closing it lets the command begin; nil for one that has begun.
    private let gate: Mutex<Int32?>
    private let status = Mutex<Int32?>(nil)

    var pid: pid_t { child.pid }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - waits: it waits for `begin`, and has its process number already.
    ///   - outputToErrors: its stdout goes to stderr, where it cannot mix with this program's output.
    /// - Throws: `CommandError`.
    init(_ words: [String], waits: Bool, outputToErrors: Bool) throws {
        self.words = words
        guard waits else {
            gate = Mutex(nil)
            child = try ChildProcess(words, outputToErrors: outputToErrors)
            return
        }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw CommandError("no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        gate = Mutex(ends[1])
        // A shell that becomes the command keeps its number. It waits for the end of its input, and has that of this
        // process then.
        let shell = ["/bin/sh", "-c", "read -r line <&\(Self.gateFile); exec \(Self.gateFile)<&-; exec \"$@\"", "sh"]
        child = try ChildProcess(shell + words, outputToErrors: outputToErrors, inheriting: (ends[0], Self.gateFile))
    }

    private static let gateFile: Int32 = 9

    /// Lets it begin, and tells when it has ended.
    func begin(_ onEnd: @escaping @Sendable (Int32) -> Void) {
        gate.withLock { gate in
            if let open = gate.take() { close(open) }
        }
        Task { [self] in
            let ended = await child.exit()
            status.withLock { $0 = ended }
            onEnd(ended)
        }
    }

    /// It must not begin any more.
    func cancel() {
        gate.withLock { if $0 != nil { kill(pid, SIGKILL) } }
    }

    private var isRunning: Bool { status.withLock { $0 == nil } }

    /// How long what was interrupted with this program, and what has been told to end, may take.
    private static let patience = Duration.milliseconds(2000)
    private static let glance = Duration.milliseconds(20)

    /// The session is over: the command is told to end, with everything that it has started.
    func end(leaving: Bool) async {
        // A terminal interrupts it, too.
        await wait(.milliseconds(200))
        guard isRunning else { return }
        let name = words.first ?? ""
        guard !leaving else { return say("\(name) (process \(pid)) goes on without the session") }
        say("\(name) (process \(pid)) still runs and is told to end (SIGTERM); --leave-running leaves it")
        signalAll(SIGTERM)
        await wait(Self.patience)
        guard isRunning else { return }
        say("\(name) (process \(pid)) does not end, and is killed")
        signalAll(SIGKILL)
        await wait(Self.patience)
    }

    private func wait(_ limit: Duration) async {
        for _ in 0..<Int(limit / Self.glance) where isRunning { try? await Task.sleep(for: Self.glance) }
    }

    private func signalAll(_ signal: Int32) {
        for process in TaskList.descendants(of: pid) + [pid] { kill(process, signal) }
    }
}
