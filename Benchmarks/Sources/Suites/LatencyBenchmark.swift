import Foundation

/// The time from a system call to its line in the operator's output, through agent, TLS, controller and merge.
enum LatencyBenchmark {
    private static let events = 100
    private static let agents = 2
    /// A call that other programs of the machine hardly make.
    private static let event = "syscalls:sys_enter_getpriority"

    /// This thread's id, which events call their pid. `run` stays on one thread.
    private static func thread() throws -> Int32 {
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")
        guard let number = link.split(separator: "/").last.flatMap({ Int32($0) }) else {
            throw InputError("/proc/thread-self is \(link)")
        }
        return number
    }

    static func run() throws -> [Measurement] {
        try Unavailable.requireRoot(to: "trace this kernel")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: MeasuredProgram.fleetrace.path)
        process.arguments = ["trace", "--local", "\(agents)", "-e", event, "--format", "json", "--for", "60s"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.interrupt()
            process.waitUntilExit()
        }
        var lines = LineReader(output.fileHandleForReading)
        let mine = "\"pid\":\(try thread()),"
        // Tracing has begun when the first line comes.
        let deadline = Stopwatch.now(CLOCK_MONOTONIC) + 30
        var started = false
        while !started {
            guard Stopwatch.now(CLOCK_MONOTONIC) < deadline, process.isRunning else {
                throw InputError("no event came within 30 s")
            }
            _ = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
            started = try lines.wait(for: mine, seconds: 0.5)
        }
        while try lines.wait(for: mine, seconds: 0.5) {}
        var latencies: [Double] = []
        for index in 0..<events {
            // Pauses that spread over the intervals at which the agents read and the controller merges.
            usleep(UInt32(20_000 + (index * 7_919) % 60_000))
            let start = Stopwatch.now(CLOCK_MONOTONIC)
            _ = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
            // Both agents trace the same kernel, so each call has two lines.
            for _ in 0..<agents {
                guard try lines.wait(for: mine, seconds: 5) else { throw InputError("event \(index) did not come") }
            }
            latencies.append((Stopwatch.now(CLOCK_MONOTONIC) - start) * 1e3)
        }
        latencies.sort()
        return [
            Measurement(
                "latency.p50", latencies[events / 2], "ms",
                note: "\(events) events, until the lines of both nodes are read"),
            Measurement("latency.p99", latencies[events - 2], "ms"),
            Measurement("latency.worst", latencies[events - 1], "ms"),
        ]
    }
}

/// Lines of a pipe, with a time limit.
private struct LineReader {
    private let descriptor: Int32
    private let handle: FileHandle
    private var rest = Data()

    init(_ handle: FileHandle) {
        self.handle = handle
        descriptor = handle.fileDescriptor
    }

    /// Reads until a line holds `text`.
    ///
    /// - Returns: false when there was none in time.
    mutating func wait(for text: String, seconds: Double) throws -> Bool {
        let end = Stopwatch.now(CLOCK_MONOTONIC) + seconds
        while true {
            while let newline = rest.firstIndex(of: 10) {
                let line = rest[rest.startIndex..<newline]
                rest = Data(rest[(newline + 1)...])
                if String(decoding: line, as: UTF8.self).contains(text) { return true }
            }
            let left = end - Stopwatch.now(CLOCK_MONOTONIC)
            var file = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard left > 0, poll(&file, 1, Int32(left * 1000) + 1) > 0 else { return false }
            let data = handle.availableData
            guard !data.isEmpty else { throw InputError("the trace has ended") }
            rest.append(data)
        }
    }
}
