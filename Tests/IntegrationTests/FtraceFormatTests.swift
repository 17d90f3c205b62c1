import Foundation
import Testing

extension IntegrationTests {
    /// `--format ftrace` against the kernel's own text of the same events.
    @Suite(.serialized)
    struct FtraceFormatTests {
        /// A tracefs instance of the test's own, which records the same events as a session.
        private struct Witness {
            let folder: String

            static func with<R>(_ body: (Witness) async throws -> R) async throws -> R {
                // Not Fleetrace's prefix: an agent that starts would take it for a dead one's.
                let folder = "\(TracefsState.instancesFolder)/ft-witness-\(getpid())-\(UInt32.random(in: 0 ... .max))"
                guard mkdir(folder, 0o700) == 0 else { throw TestFailure("no instance: errno \(errno)") }
                let result: Result<R, any Error>
                do {
                    result = .success(try await body(Witness(folder: folder)))
                } catch {
                    result = .failure(error)
                }
                rmdir(folder)
                return try result.get()
            }

            func set(_ file: String, _ text: String) throws {
                let descriptor = open("\(folder)/\(file)", O_WRONLY)
                guard descriptor >= 0 else { throw TestFailure("\(file): errno \(errno)") }
                defer { close(descriptor) }
                guard write(descriptor, text, text.utf8.count) == text.utf8.count else {
                    throw TestFailure("\(file): \(text): errno \(errno)")
                }
            }

            /// The kernel's own text. Such files state no size, so they are read until nothing comes.
            var trace: [String] {
                get throws {
                    let descriptor = open("\(folder)/trace", O_RDONLY)
                    guard descriptor >= 0 else { throw TestFailure("trace: errno \(errno)") }
                    defer { close(descriptor) }
                    var bytes: [UInt8] = []
                    var buffer = [UInt8](repeating: 0, count: 64 << 10)
                    while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
                        bytes += buffer[..<count]
                    }
                    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
                }
            }
        }

        /// A line without its time stamp: two instances stamp the same event a moment apart.
        private static func withoutTime(_ line: String) -> String {
            guard let range = line.range(of: #" +[0-9]+\.[0-9]{6}: "#, options: .regularExpression) else { return line }
            return line.replacingCharacters(in: range, with: " TIME: ")
        }

        /// The same without the task's name. The kernel looks it up when the file is read: by then the task may have
        /// another name, or, among many tasks, none (`<...>`, saved_cmdlines holds 128).
        private static func withoutName(_ line: String) -> String {
            line.replacingOccurrences(of: #"^.*?-([0-9]+ +\[)"#, with: "TASK-$1", options: .regularExpression)
        }

        /// The same without the flags: between the two stamps one such as need-resched may change.
        private static func withoutFlags(_ line: String) -> String {
            line.replacingOccurrences(of: #"\] [^ ]{5} TIME: "#, with: "] FLAGS TIME: ", options: .regularExpression)
        }

        /// The forms in which a line may agree with the kernel's, the strictest first.
        private static func forms(of line: String) -> [String] {
            let exact = withoutTime(line)
            let unnamed = withoutName(exact)
            return [exact, unnamed, withoutFlags(exact), withoutFlags(unnamed)]
        }

        /// Its time stamp, in us.
        private static func time(_ line: String) -> Int64? {
            guard let range = line.range(of: #"[0-9]+\.[0-9]{6}: "#, options: .regularExpression) else { return nil }
            return Int64(line[range].filter(\.isNumber))
        }

        @Test("Every line is the kernel's own, but for the microseconds between two stamps of one event")
        func kernelText() async throws {
            try await Witness.with { witness in
                try await Fleet.with(agents: 2) { fleet in
                    let load = SystemCallLoad(cpu: 0, rate: 1000)
                    let events = ["sched/sched_process_exec", "sched/sched_process_exit", "sched/sched_process_fork"]
                    try witness.set("trace_clock", "mono_raw")
                    try witness.set("buffer_size_kb", "4096")
                    try witness.set("events/syscalls/sys_enter_close/filter", "comm == \"\(load.name)\"")
                    try witness.set("events/syscalls/sys_enter_close/enable", "1")
                    for event in events { try witness.set("events/\(event)/enable", "1") }
                    let path = fleet.folder.file("session")
                    let record = try await fleet.record(
                        load.selection + events.flatMap { ["-e", $0.replacingOccurrences(of: "/", with: ":")] },
                        into: path)
                    let program = try fleet.folder.uniqueProgram()
                    for _ in 0..<20 {
                        try await RunningProcess(["sh", "-c", "\(program); \(program)"]).exit()
                        try await Task.sleep(for: .milliseconds(20))
                    }
                    record.send(SIGINT)
                    try await record.exit()
                    try witness.set("tracing_on", "0")
                    try await load.stop()
                    #expect(record.exitStatus == .success, "\(record.errors.text)")
                    let truth = try witness.trace
                    try witness.set("events/enable", "0")

                    for name in fleet.names {
                        let report = try await fleet.run(["report", path, "--node", name, "--format", "ftrace"])
                        let lines = report.output.texts.filter { !$0.hasPrefix("#") }
                        // The head as the kernel's file has it, but for the counts.
                        let head = report.output.texts.filter { $0.hasPrefix("#") && !$0.contains("entries-in-buffer") }
                        #expect(head == truth.filter { $0.hasPrefix("#") && !$0.contains("entries-in-buffer") })
                        // The witness began earlier and ended later, and also saw what Fleetrace leaves out of its traces:
                        // its own threads. What remains must be the same lines in the same order.
                        var candidates: [String: [Int64]] = [:]
                        for line in truth where !line.hasPrefix("#") {
                            guard let time = Self.time(line) else { continue }
                            for text in Self.forms(of: line) { candidates[text, default: []].append(time) }
                        }
                        var different: [String] = []
                        var agreeing = [0, 0, 0, 0]
                        for line in lines {
                            let own = try #require(Self.time(line), "\(line)")
                            let form = Self.forms(of: line).firstIndex { text in
                                (candidates[text] ?? []).contains { abs($0 - own) <= 2000 }
                            }
                            if let form { agreeing[form] += 1 } else { different.append(line) }
                            // The test's own tasks keep their names, and what the kernel knows must not be unknown here.
                            if form == 1 || form == 3, line.contains("<...>-") || line.contains(load.name) {
                                different.append(line)
                            }
                        }
                        print(
                            "ftrace: \(lines.count) lines of \(name): \(agreeing[0]) the kernel's, \(agreeing[1]) but for the "
                                + "name of the task, \(agreeing[2] + agreeing[3]) but for a flag, \(different.count) others"
                        )
                        #expect((agreeing[2] + agreeing[3]) * 50 <= lines.count, "\(agreeing)")
                        let example = different.first.map { line in
                            let time = Self.time(line) ?? 0
                            let near = truth.min { abs((Self.time($0) ?? 0) - time) < abs((Self.time($1) ?? 0) - time) }
                            return "\n\(line)\nkernel:\n\(near ?? "")"
                        }
                        #expect(lines.count > 500)
                        #expect(lines.count { $0.contains("sched_process_exec: filename=\(program) ") } == 40)
                        #expect(different.isEmpty, "\(different.count) of \(lines.count)\(example ?? "")")
                        // In the order of their stamps.
                        let stamps = lines.compactMap(Self.time)
                        #expect(stamps == stamps.sorted())
                    }
                }
            }
        }
    }
}
