import Foundation

/// A fixed load, run several times while something counts it.
struct CountedLoad {
    /// Seconds of processor time.
    typealias Cost = (load: Double, counting: Double)

    /// What counts.
    struct Counter {
        let program: MeasuredProgram
        let arguments: [String]
        /// What it writes before it counts; nil for one that writes nothing and begins within a few milliseconds.
        var begun: String?
        /// How long it then takes to begin, in seconds.
        var delay = 0.5
        /// Its child that counts; nil for itself.
        var child: String?
    }

    /// Of this program's own.
    let arguments: [String]
    /// How many times it runs; the least of them is its time.
    let times: Int

    /// The processor time of one load, and what the counter used meanwhile.
    func cost(_ counter: Counter?) throws -> Cost {
        guard let counter else { return (try least(), 0) }
        let folder = try ScratchFolder()
        let (output, errors) = (folder.path.appending("output").string, folder.path.appending("errors").string)
        let started = try counter.program.start(counter.arguments, output: output, errors: errors)
        defer {
            kill(started.pid, SIGINT)
            waitpid(started.pid, nil, 0)
        }
        let process = try Self.wait(for: counter, started.pid, [output, errors])
        let before = try Self.runtime(process)
        let load = try least()
        return (load, (try Self.runtime(process) - before) / Double(times))
    }

    private func least() throws -> Double {
        try (0..<times).reduce(.infinity) { least, _ in
            let load = try MeasuredProgram.own.run(arguments)
            guard load.status == 0 else { throw InputError("the load failed: \(load.errors)") }
            return min(least, load.elapsed.cpu)
        }
    }

    /// Waits until counting has begun, and returns the process that counts.
    private static func wait(for counter: Counter, _ pid: Int32, _ files: [String]) throws -> Int32 {
        func text() -> String {
            files.map { (try? String(contentsOfFile: $0, encoding: .utf8)) ?? "" }.joined(separator: "\n")
        }
        let deadline = Stopwatch.now(CLOCK_MONOTONIC) + 30
        while Stopwatch.now(CLOCK_MONOTONIC) < deadline {
            usleep(500_000)
            guard counter.begun.map({ text().contains($0) }) ?? true else { continue }
            usleep(UInt32(counter.delay * 1e6))
            guard let child = counter.child else { return pid }
            if let process = ProcessUsage.children(of: pid, named: child).first { return process }
        }
        throw InputError("\(counter.program.path) does not count: \(text())")
    }

    /// Seconds of processor time that a process has used, including threads that have ended (clock_getcpuclockid(3)).
    private static func runtime(_ pid: Int32) throws -> Double {
        var clock = clockid_t()
        let code = clock_getcpuclockid(pid, &clock)
        guard code == 0 else { throw InputError("no CPU clock of process \(pid): \(String(cString: strerror(code)))") }
        return Stopwatch.now(clock)
    }
}

extension CountedLoad.Counter {
    /// `fleetrace stat` of a node on this machine.
    static func fleetrace(_ arguments: [String]) -> Self {
        Self(
            program: .fleetrace, arguments: ["stat", "--local", "1"] + arguments, begun: "counting ",
            child: "fleetrace-agent")
    }
}
